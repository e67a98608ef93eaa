"""Vehicle positioning (车辆定位): what devices tell, which of it is believed, what is kept and shown."""
