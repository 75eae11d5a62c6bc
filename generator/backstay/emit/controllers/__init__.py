"""The configurations of job controllers, whole: they are decoded strictly, so a key too many stops them."""
