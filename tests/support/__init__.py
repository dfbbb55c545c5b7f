"""What watches over every test: leaks, the network, the home folder."""
