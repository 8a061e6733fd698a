"""The prepackaged servers: from a folder of files to something that predicts."""
