/* The layers that a network can be built of. */
package firesteel.ml

import org.json4s.JsonDSL._
import org.json4s.JObject

/**
 * A method per layer, with the words and defaults of PyTorch. Each gives a new network that ends with the layer.
 *
 * In the shapes `c` is a number of channels, `h` and `w` are a height and a width in pixels; "any shape" stays as it is.
 */
private[ml] trait NetworkLayers {

  /**
   * This network and a layer that reads the last one.
   *
   * @param kind the layer's name but for its number
   * @param options as the description has them
   * @param others layers that it reads as well
   */
  private[ml] def append(
      kind: String,
      op: String,
      options: JObject = JObject(),
      others: Seq[String] = Nil): Network

  /**
   * Two-dimensional convolution: `[c, h, w]` -> `[filters, h', w']`.
   *
   * @param filters number of output channels
   * @param kernel size of the window: a number or a pair (height, width)
   * @param stride step of the window
   * @param padding zeros on each side: a number, a pair, four numbers (top, left, bottom, right), or
   *                [[Padding.Same]], which keeps the size (divided by the stride)
   * @param dilation distance of two taps of the kernel
   * @param groups groups of channels that do not see each other; as many as there are channels for a depthwise
   *               convolution
   * @param bias whether a number per filter is added
   */
  def conv(
      filters: Int,
      kernel: Size,
      stride: Size = 1,
      padding: Padding = 0,
      dilation: Size = 1,
      groups: Int = 1,
      bias: Boolean = true
  ): Network = append(
    "conv",
    "conv2d",
    ("filters" -> filters) ~ ("kernel" -> kernel.json) ~ ("stride" -> stride.json) ~ ("padding" -> padding.json) ~
      ("dilation" -> dilation.json) ~ ("groups" -> groups) ~ ("bias" -> bias)
  )

  /**
   * The largest value of each window: `[c, h, w]` -> `[c, h', w']`.
   *
   * @param kernel size of the window
   * @param stride step of the window; the kernel's size if not given
   * @param padding values on each side that are never the largest, at most half of the kernel
   * @param ceilMode whether a last window that only begins inside the input or the padding before it counts
   */
  def maxPool(kernel: Size, stride: Size = null, padding: Size = 0, ceilMode: Boolean = false): Network =
    append("pool", "max_pool2d", window(kernel, stride, padding, ceilMode))

  /**
   * The mean of each window: `[c, h, w]` -> `[c, h', w']`.
   *
   * @param kernel size of the window
   * @param stride step of the window; the kernel's size if not given
   * @param padding zeros on each side, at most half of the kernel
   * @param ceilMode whether a last window that only begins inside the input or the padding before it counts
   * @param countIncludePad whether the padding's zeros count in the mean
   */
  def avgPool(
      kernel: Size,
      stride: Size = null,
      padding: Size = 0,
      ceilMode: Boolean = false,
      countIncludePad: Boolean = true
  ): Network = append(
    "pool",
    "avg_pool2d",
    window(kernel, stride, padding, ceilMode) ~ ("count_include_pad" -> countIncludePad))

  /** The mean of as many windows as the result has values, fitted to it: `[c, h, w]` -> `[c, size]`. */
  def adaptiveAvgPool(size: Size): Network = append("pool", "adaptive_avg_pool2d", "size" -> size.json)

  /** The largest value of each map: `[c, h, w]` -> `[c, 1, 1]`. */
  def globalMaxPool: Network = append("pool", "global_max_pool2d")

  /** The mean of each map: `[c, h, w]` -> `[c, 1, 1]`. */
  def globalAvgPool: Network = append("pool", "global_avg_pool2d")

  /** Fully connected layer: `[n]` -> `[units]`. */
  def dense(units: Int, bias: Boolean = true): Network =
    append("dense", "dense", ("units" -> units) ~ ("bias" -> bias))

  /**
   * Batch normalisation: `[c, h, w]` -> `[c, h, w]`. Each map is normalised by the mean and variance of the mini-batch in
   * training, by the running ones otherwise, then scaled and shifted.
   *
   * @param eps what is added to the variance, above 0
   * @param momentum share of a mini-batch in the running mean and variance, 0 to 1
   */
  def batchNorm(eps: Double = 1e-5, momentum: Double = 0.1): Network =
    append("bn", "batch_norm", ("eps" -> eps) ~ ("momentum" -> momentum))

  /**
   * Local response normalisation: `[c, h, w]` -> `[c, h, w]`, `x / (k + alpha * mean of squares)^beta`, the mean over
   * neighbouring maps.
   *
   * @param size number of neighbouring maps
   * @param alpha factor of the mean, at least 0
   * @param beta the power
   * @param k what is added, above 0
   */
  def localResponseNorm(size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1.0): Network =
    append(
      "lrn",
      "local_response_norm",
      ("size" -> size) ~ ("alpha" -> alpha) ~ ("beta" -> beta) ~ ("k" -> k))

  /** Sets values to 0 with the probability `p` and divides the others by `1 - p`, in training alone; any shape. */
  def dropout(p: Double = 0.5): Network = append("dropout", "dropout", "p" -> p)

  /** `max(x, 0)`; any shape. */
  def relu: Network = append("relu", "relu")

  /** `min(max(x, 0), 6)`; any shape. */
  def relu6: Network = append("relu", "relu6")

  /** `x` above 0, `negativeSlope * x` below; any shape. */
  def leakyRelu(negativeSlope: Double = 0.01): Network =
    append("relu", "leaky_relu", "slope" -> negativeSlope)

  /** `1 / (1 + exp(-x))`; any shape. */
  def sigmoid: Network = append("sigmoid", "sigmoid")

  /** `x * sigmoid(x)`; any shape. */
  def silu: Network = append("silu", "silu")

  /** `min(max(x + 3, 0), 6) / 6`; any shape. */
  def hardsigmoid: Network = append("hardsigmoid", "hard_sigmoid")

  /** `x * hardsigmoid(x)`; any shape. */
  def hardswish: Network = append("hardswish", "hard_swish")

  /** A map as a vector: `[c, h, w]` -> `[c * h * w]`. */
  def flatten: Network = append("flatten", "flatten")

  /** Probabilities: `[n]` -> `[n]`. At the end of a network it changes nothing, as models apply it anyway. */
  def softmax: Network = append("softmax", "softmax")

  /** The sum with other layers of the same shape. */
  def add(layers: String*): Network = append("add", "add", others = layers)

  /** The product with another layer of the same shape; or with one of `[c, 1, 1]`, a factor for each map. */
  def multiply(layer: String): Network = append("multiply", "multiply", others = Seq(layer))

  /** This and then other layers: maps of one height and width behind each other, or vectors. */
  def concat(layers: String*): Network = append("concat", "concat", others = layers)

  /** Every so-manieth row and column, beginning with the first: `[c, h, w]` -> `[c, h', w']`. */
  def subsample(step: Size): Network = append("subsample", "subsample", "step" -> step.json)

  /** Maps of zeros before the first and after the last: `[c, h, w]` -> `[before + c + after, h, w]`. */
  def padChannels(before: Int = 0, after: Int = 0): Network =
    append("pad", "pad_channels", ("before" -> before) ~ ("after" -> after))

  private def window(kernel: Size, stride: Size, padding: Size, ceilMode: Boolean): JObject =
    ("kernel" -> kernel.json) ~ ("stride" -> Option(stride).getOrElse(kernel).json) ~
      ("padding" -> padding.json) ~ ("ceil_mode" -> ceilMode)
}
