/* The parameters of networks and of their training, a trait per subject. */
package firesteel.ml

import org.apache.spark.ml.param._
import org.apache.spark.ml.param.shared.HasSeed

/** How bytes become the numbers that a network sees: `(byte * scale - mean) / std`. */
private[ml] trait HasPreprocessing extends Params {

  /**
   * Factor of every byte of a BINARY features column; 1/255 by default, which gives 0 to 1.
   * @group param
   */
  final val scale: DoubleParam = new DoubleParam(
    this,
    "scale",
    "factor of every byte of a BINARY features column, not 0; numbers in vectors and arrays are taken as they are",
    (value: Double) => value != 0.0 && value.isFinite
  )

  /**
   * What is subtracted from scaled bytes: a number per channel, one for all, or none; none by default.
   * @group param
   */
  final val mean: DoubleArrayParam = new DoubleArrayParam(
    this,
    "mean",
    "subtracted from scaled bytes: a number per channel, one for all channels, or none",
    (values: Array[Double]) => values.forall(_.isFinite)
  )

  /**
   * What scaled bytes are divided by after the mean is subtracted: a number per channel, one for all, or none;
   * none by default.
   * @group param
   */
  final val std: DoubleArrayParam = new DoubleArrayParam(
    this,
    "std",
    "divides scaled bytes after mean is subtracted, above 0: a number per channel, one for all channels, or none",
    (values: Array[Double]) => values.forall(value => value > 0 && value.isFinite)
  )

  setDefault(scale -> 1.0 / 255.0, mean -> Array.empty[Double], std -> Array.empty[Double])

  /** @group getParam */
  final def getScale: Double = $(scale)

  /** @group getParam */
  final def getMean: Array[Double] = $(mean)

  /** @group getParam */
  final def getStd: Array[Double] = $(std)
}

/** What becomes of rows that cannot be scored. */
private[ml] trait HasHandleInvalid extends Params {

  /**
   * What `transform` does with rows whose features are null, of the wrong size or not finite: error (fail),
   * skip (leave the row out) or keep (NaN or null in the outputs). error by default.
   * @group param
   */
  final val handleInvalid: Param[String] = new Param[String](
    this,
    "handleInvalid",
    "what transform does with rows whose features are null, of the wrong size or not finite: " +
      "error (fail), skip (leave the row out) or keep (NaN or null in the outputs)",
    ParamValidators.inArray(Array("error", "skip", "keep"))
  )

  setDefault(handleInvalid -> "error")

  /** @group getParam */
  final def getHandleInvalid: String = $(handleInvalid)
}

/** What a model and its estimator share. */
private[ml] trait CnnModelParams extends HasHandleInvalid

/** What is needed to train. */
private[ml] trait CnnClassifierParams extends CnnModelParams with HasPreprocessing with HasSeed {

  /**
   * The network's description, as JSON: see [[Network.toJson]].
   * @group param
   */
  final val network: Param[String] =
    new Param[String](this, "network", "the network's description, as JSON; Network builds it")

  /**
   * The number of passes over the data; 1 or more. 1 by default.
   * @group param
   */
  final val epochs: IntParam =
    new IntParam(this, "epochs", "number of passes over the data", ParamValidators.gtEq(1))

  /**
   * The number of rows of each update; 1 or more. 32 by default.
   * @group param
   */
  final val batchSize: IntParam =
    new IntParam(this, "batchSize", "number of rows of each update", ParamValidators.gtEq(1))

  /**
   * Factor of each update; above 0. 0.01 by default.
   * @group param
   */
  final val learningRate: DoubleParam =
    new DoubleParam(
      this,
      "learningRate",
      "factor of each update",
      (value: Double) => value > 0 && value.isFinite)

  /**
   * Share of each update that goes into the next, as in torch.optim.SGD; at least 0 and below 1. 0 by default.
   * @group param
   */
  final val momentum: DoubleParam = new DoubleParam(
    this,
    "momentum",
    "share of each update that goes into the next, as in torch.optim.SGD",
    ParamValidators.inRange(0, 1, true, false)
  )

  /**
   * Factor of the weights that is added to their gradient, as in torch.optim.SGD; at least 0. 0 by default.
   * @group param
   */
  final val weightDecay: DoubleParam = new DoubleParam(
    this,
    "weightDecay",
    "factor of the weights that is added to their gradient, as in torch.optim.SGD",
    (value: Double) => value >= 0 && value.isFinite
  )

  /**
   * How initial weights are drawn: uniform (PyTorch's default), xavier, he, normal or zeros. uniform by default.
   * @group param
   */
  final val initializer: Param[String] = new Param[String](
    this,
    "initializer",
    "how initial weights are drawn: uniform within 1/sqrt(fan_in), PyTorch's default; xavier (Glorot and Bengio " +
      "2010), he (He et al. 2015), normal with variance 1/fan_in (LeCun et al. 1998), zeros",
    ParamValidators.inArray(Array("uniform", "xavier", "he", "normal", "zeros"))
  )

  /**
   * The classes' names, kept in the model; by default those in the label column's metadata, as StringIndexer
   * leaves them, or none.
   * @group param
   */
  final val labels: StringArrayParam = new StringArrayParam(
    this,
    "labels",
    "the classes' names, kept in the model; if not set, those in the label column's metadata, if any"
  )

  /**
   * How encoded images become as large as the network's input: none (they must be so large), crop (the shorter side is
   * resized to `shortSide`, and the middle cut out), stretch (whatever the proportion) or pad (with black). none by
   * default, or what `initialModel` does.
   * @group param
   */
  final val resize: Param[String] = new Param[String](
    this,
    "resize",
    "how encoded images become as large as the network's input: none (they must be so large), crop (the shorter side " +
      "is resized to shortSide, and the middle cut out), stretch (whatever the proportion) or pad (with black)",
    ParamValidators.inArray(Array("none", "crop", "stretch", "pad"))
  )

  /**
   * The shorter side in pixels before the middle is cut out, where `resize` is crop; 0, the default, for that of the
   * network's input.
   * @group param
   */
  final val shortSide: IntParam = new IntParam(
    this,
    "shortSide",
    "the shorter side in pixels before the middle is cut out, where resize is crop; 0 for that of the network's input",
    ParamValidators.gtEq(0)
  )

  /**
   * The path of a saved model whose weights training begins with, by their names; its preprocessing holds unless set
   * here. Where it has another number of classes, the last layer with weights is drawn anew.
   * @group param
   */
  final val initialModel: Param[String] = new Param[String](
    this,
    "initialModel",
    "path of a saved model whose weights training begins with, and whose preprocessing holds unless set here; where it " +
      "has another number of classes, the last layer with weights is drawn anew"
  )

  /**
   * The layers that learn, by their names or by the beginnings of their names up to a dot (`layer4` stands for
   * `layer4.0.conv1`); by default all. The others keep their weights, and their batch normalisation uses the running
   * mean and variance and leaves them, as PyTorch's does after `eval()`; dropout drops in all layers, as PyTorch's does
   * unless `eval()` is called.
   * @group param
   */
  final val trainableLayers: StringArrayParam = new StringArrayParam(
    this,
    "trainableLayers",
    "the layers that learn, by their names or by the beginnings of their names up to a dot; if empty, all"
  )

  /**
   * Random changes of each training image in each epoch, one after the other: see [[Augmentation]]. They take pixels,
   * so features must be images or bytes, not numbers; images are changed for training alone, never for scoring. The
   * last change of size must give the network's; what it cuts from is as large as the network's input, but where
   * `resize` is crop, a square of `shortSide`. None by default.
   * @group param
   */
  final val augmentations: StringArrayParam = new StringArrayParam(
    this,
    "augmentations",
    "random changes of each training image in each epoch, one after the other, each as JSON; Augmentation builds them"
  )

  /**
   * Whether fit shows its progress on the driver's console. True by default.
   * @group param
   */
  final val verbose: BooleanParam =
    new BooleanParam(this, "verbose", "whether fit shows its progress on the driver's console")

  setDefault(
    epochs -> 1,
    batchSize -> 32,
    learningRate -> 0.01,
    momentum -> 0.0,
    weightDecay -> 0.0,
    initializer -> "uniform",
    resize -> "none",
    shortSide -> 0,
    trainableLayers -> Array.empty[String],
    augmentations -> Array.empty[String],
    verbose -> true
  )

  /** @group getParam */
  final def getNetwork: String = $(network)

  /** @group getParam */
  final def getEpochs: Int = $(epochs)

  /** @group getParam */
  final def getBatchSize: Int = $(batchSize)

  /** @group getParam */
  final def getLearningRate: Double = $(learningRate)

  /** @group getParam */
  final def getMomentum: Double = $(momentum)

  /** @group getParam */
  final def getWeightDecay: Double = $(weightDecay)

  /** @group getParam */
  final def getInitializer: String = $(initializer)

  /** @group getParam */
  final def getLabels: Array[String] = $(labels)

  /** @group getParam */
  final def getResize: String = $(resize)

  /** @group getParam */
  final def getShortSide: Int = $(shortSide)

  /** @group getParam */
  final def getInitialModel: String = $(initialModel)

  /** @group getParam */
  final def getTrainableLayers: Array[String] = $(trainableLayers)

  /** @group getParam */
  final def getAugmentations: Array[String] = $(augmentations)

  /** @group getParam */
  final def getVerbose: Boolean = $(verbose)
}
