// Stacks worth comparing: name → layers. Pure.

const NETWORK = ["conv", "relu", "max_pool", "conv", "relu", "max_pool"];

export const STACKS = {
  "one convolution": ["conv"],
  "strided convolution": ["strided_conv"],
  "convolution, every second pixel": ["conv", "subsample"],
  "max pooling": ["conv", "relu", "max_pool"],
  "max pooling, blurred": ["conv", "relu", "max_blur_pool"],
  "a small network": NETWORK,
  "a small network, blurred": NETWORK.map((word) => (word === "max_pool" ? "max_blur_pool" : word)),
  "with global average": [...NETWORK.slice(0, -1), "global_avg_pool"],
};

/** What a menu says where the name is too long for it. */
export const SHORT_NAMES = { "convolution, every second pixel": "conv, every 2nd pixel" };
