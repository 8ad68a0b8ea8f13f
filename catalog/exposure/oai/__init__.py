"""The protocol OAI-PMH 2.0 (http://www.openarchives.org/OAI/openarchivesprotocol.html), without a web framework."""
