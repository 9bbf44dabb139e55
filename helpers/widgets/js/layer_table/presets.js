// Networks to begin with: {name: {input_size, layers}}. Pure.

const conv = (in_channels, out_channels, kernel_size, more = {}) =>
  ({ type: "Conv2d", in_channels, out_channels, kernel_size, ...more });
const up = (in_channels, out_channels) =>
  ({ type: "ConvTranspose2d", in_channels, out_channels, kernel_size: 3, stride: 2, padding: 1 });
const linear = (in_features, out_features) => ({ type: "Linear", in_features, out_features });
const pool = (type, kernel_size) => ({ type, kernel_size });
const norm = (num_features) => ({ type: "BatchNorm2d", num_features });
const [relu, tanh, sigmoid, flatten] = ["ReLU", "Tanh", "Sigmoid", "Flatten"].map((type) => ({ type }));

export const NETWORKS = {
  // LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition (1998), simplified
  LeNet: {
    input_size: [1, 32, 32],
    layers: [
      conv(1, 6, 5), tanh, pool("AvgPool2d", 2), conv(6, 16, 5), tanh, pool("AvgPool2d", 2),
      flatten, linear(400, 120), tanh, linear(120, 84), tanh, linear(84, 10),
    ],
  },
  // Szegedy et al., Going deeper with convolutions, arXiv:1409.4842, table 1, inception (3a)
  "Inception: 5×5 directly": { input_size: [192, 28, 28], layers: [conv(192, 32, 5, { padding: 2 })] },
  "Inception: 1×1, then 5×5": {
    input_size: [192, 28, 28],
    layers: [conv(192, 16, 1), relu, conv(16, 32, 5, { padding: 2 })],
  },
  // Simonyan and Zisserman, Very deep convolutional networks, arXiv:1409.1556, table 1
  "VGG block": {
    input_size: [64, 112, 112],
    layers: [conv(64, 128, 3, { padding: 1 }), relu, conv(128, 128, 3, { padding: 1 }), relu, pool("MaxPool2d", 2)],
  },
  // Howard et al., MobileNets, arXiv:1704.04861, figure 3
  "depthwise separable": {
    input_size: [32, 112, 112],
    layers: [
      conv(32, 32, 3, { padding: 1, groups: 32, bias: false }), norm(32), relu,
      conv(32, 64, 1, { bias: false }), norm(64), relu,
    ],
  },
  "encoder and decoder": {
    input_size: [1, 28, 28],
    layers: [
      conv(1, 16, 3, { stride: 2, padding: 1 }), relu, conv(16, 32, 3, { stride: 2, padding: 1 }), relu,
      up(32, 16), relu, up(16, 1), sigmoid,
    ],
  },
  "a network that does not fit": {
    input_size: [3, 32, 32],
    layers: [
      conv(1, 16, 3, { padding: 1 }), norm(32), relu, pool("MaxPool2d", 2),
      conv(16, 32, 3, { stride: 2 }), relu, pool("MaxPool2d", 2), conv(32, 64, 5), relu, linear(128, 10),
    ],
  },
};
