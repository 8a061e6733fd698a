"""How fast a model answers: this runtime beside other servers, each alone on loopback, with one client and one load."""
