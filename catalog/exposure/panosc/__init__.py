"""The PaNOSC Search API (https://github.com/panosc-eu/search-api): documents, datasets and instruments. Pure."""
