"""stub while prototyping"""
