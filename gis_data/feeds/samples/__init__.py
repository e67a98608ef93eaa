"""Sample feeds: a scripted course of two hours in the demo city, served as five bureaus would serve it."""
