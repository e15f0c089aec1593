"""Forecasts of three daily series: the cheap ones, boosted trees and a GRU; what Forecast Bench and its page read."""
