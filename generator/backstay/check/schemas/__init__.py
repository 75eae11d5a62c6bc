"""What `check.schema` stands on: where schemas come from, their forms for whole objects and patches, their words."""
