"""A second reading of Parasol's specification, written from its text alone.

Each module follows one chapter. Nothing in here looks at, or shares a line with, the programs that wrote the vectors.
"""
