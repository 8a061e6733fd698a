"""The Open Inference Protocol, version 2: named tensors, as JSON, as binary data behind it, and as protobuf."""
