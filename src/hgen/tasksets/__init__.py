"""Tasks as people have them: shards, exports in any format, parquet files, datasets on a hub."""
