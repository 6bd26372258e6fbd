"""Makes onnx/model_quantized.onnx of onnx/model.onnx as the peer's own exporter does: dynamic, int8, per tensor."""
import sys

from onnxruntime.quantization import QuantType, quantize_dynamic

folder = sys.argv[1]
quantize_dynamic(
    f"{folder}/onnx/model.onnx",
    f"{folder}/onnx/model_quantized.onnx",
    weight_type=QuantType.QInt8,
)
