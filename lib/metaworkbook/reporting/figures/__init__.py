"""Figures: one file a figure, and the only place where matplotlib and seaborn are imported."""
