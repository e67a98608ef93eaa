"""The exchange: the only AMI socket, its pure translation, and stand-ins that speak the same dialect."""
