"""Many scorings, one answer: encoder settings, codecs, pre-processing filters."""
