"""The ontology of photon and neutron techniques: its published files read, its hierarchy worked out. Pure."""
