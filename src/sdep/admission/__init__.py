"""Says no before it is stored: the validating webhook, with certificates that it makes for itself."""
