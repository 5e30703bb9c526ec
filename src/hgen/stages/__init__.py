"""The stages, one module each: from one record to any number of records, and none imports another.

``pipeline`` binds those of a run to its configuration. ``export`` is none of them: it makes folders of all sound tasks.
"""
