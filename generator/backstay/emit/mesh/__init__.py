"""Istio objects: who pings, on which hop, how often."""
