/* Every native method of the jar, each with arguments with which it succeeds. */
package firesteel.jni

import java.lang.reflect.{InvocationTargetException, Method, Modifier}
import java.util.zip.ZipFile

import scala.jdk.CollectionConverters._
import scala.util.Using

/** The native methods, found by looking into the jar: a new one cannot be forgotten. */
object NativeMethods {
  val all: Seq[NativeMethod] = {
    val classes = Using.resource(new ZipFile(System.getProperty("firesteel.jar"))) { jar =>
      jar.entries.asScala
        .map(_.getName)
        .filter(_.endsWith(".class"))
        .filter(_.startsWith("firesteel/"))
        .toVector
    }
    val methods = for {
      name <- classes.sorted
      // Only Java's classes can declare native methods, and only these load without Spark.
      if name.startsWith("firesteel/jni/")
      method <- Class.forName(name.stripSuffix(".class").replace('/', '.')).getDeclaredMethods
      if Modifier.isNative(method.getModifiers)
    } yield new NativeMethod(method)
    methods.sortBy(_.name)
  }

  /** Those of one library. */
  def of(torch: Boolean): Seq[NativeMethod] = all.filter(_.isTorch == torch)
}

/** A static native method. */
final class NativeMethod(method: Method) {
  method.setAccessible(true)

  /** As messages name it. */
  val name: String = s"${method.getDeclaringClass.getSimpleName}.${method.getName}"

  /** The symbol that a library exports for it. No name here has a character that would be escaped. */
  val symbol: String = s"Java_${method.getDeclaringClass.getName.replace('.', '_')}_${method.getName}"

  /** Whether it belongs to `libfiresteel_torch`. */
  val isTorch: Boolean = Set("NativeTorch", "NativeTrainer")(method.getDeclaringClass.getSimpleName)

  def parameters: Seq[Class[_]] = method.getParameterTypes.toSeq

  def call(arguments: Seq[Any]): Any =
    try method.invoke(null, arguments.map(_.asInstanceOf[AnyRef]): _*)
    catch { case e: InvocationTargetException => throw e.getCause }
}

/** Arguments with which every native method succeeds, over and over. */
final class GoodArguments(torch: Boolean) {
  import TestModel._

  private val images = Array(Array[Byte](1, 2, 3))
  private val predictor = NativePredictor.open(file, digest, null, null, false)
  private val scorer = NativeScorer.open(predictor, 1, 1)
  private val trainer = if (torch) NativeTrainer.open(round, weights, Array.empty[Float]) else 0L
  private val closedPredictor = {
    val id = NativePredictor.open(file, digest, null, null, false); NativePredictor.close(id); id
  }
  private val closedScorer = {
    val id = NativeScorer.open(predictor, 1, 1); NativeScorer.close(id); id
  }
  private val closedTrainer =
    if (torch) {
      val id = NativeTrainer.open(round, weights, Array.empty[Float]); NativeTrainer.close(id); id
    } else 0L

  private val arguments: Map[String, Seq[Any]] = Map(
    "NativeFiresteel.errorCodes" -> Seq(),
    "NativeFiresteel.setLogLevel" -> Seq("off"),
    "NativeFiresteel.statuses" -> Seq(),
    "NativeFiresteel.stderrIsTerminal" -> Seq(),
    "NativeFiresteel.version" -> Seq(),
    "NativeImages.info" -> Seq(images, null, new Array[Int](5), new Array[Byte](1)),
    "NativeImages.prepare" -> Seq(
      images,
      preprocessing,
      Array(3, 1, 1),
      null,
      new Array[Byte](3),
      new Array[Byte](1)),
    "NativeImages.resize" -> Seq(images, 2, 2, null, new Array[Array[Byte]](1), new Array[Byte](1)),
    "NativeImages.stored" -> Seq("""["{\"randomHorizontalFlip\":{}}"]""", preprocessing, Array(3, 1, 1)),
    "NativeModel.describe" -> Seq(network),
    "NativeModel.digest" -> Seq(file),
    "NativeModel.header" -> Seq(file, file.length.toLong),
    "NativeModel.initialWeights" -> Seq(network, "xavier", 1L),
    "NativeModel.metadata" -> Seq(file),
    "NativeModel.startingWeights" -> Seq(network, file, "[]", "xavier", 1L),
    "NativeModel.write" -> Seq(network, preprocessing, "[]", weights),
    "NativePredictor.arenaBytes" -> Seq[Any](predictor, 1),
    "NativePredictor.close" -> Seq(closedPredictor),
    "NativePredictor.explain" -> Seq(predictor),
    "NativePredictor.imagesAtOnce" -> Seq(predictor),
    "NativePredictor.live" -> Seq(),
    "NativePredictor.open" -> Seq[Any](file, digest, null, null, false),
    "NativePredictor.weightBytes" -> Seq(predictor),
    "NativePredictor.width" -> Seq(predictor),
    "NativeRandom.rowKeys" -> Seq(1L, 2, 3L, new Array[Long](4)),
    "NativeRandom.windowOrder" -> Seq(1L, 2, 3, 4, new Array[Int](5)),
    "NativeScorer.close" -> Seq(closedScorer),
    "NativeScorer.live" -> Seq(),
    "NativeScorer.open" -> Seq[Any](predictor, 1, 1),
    "NativeScorer.predictBytes" -> Seq(
      scorer,
      Array(Array[Byte](1, 2)),
      new Array[Float](3),
      new Array[Byte](1)),
    "NativeScorer.predictFloats" -> Seq(
      scorer,
      Array(Array(1f, 2f)),
      new Array[Float](3),
      new Array[Byte](1)),
    "NativeTorch.setLogLevel" -> Seq("off"),
    "NativeTorch.version" -> Seq(),
    "NativeTrainer.close" -> Seq(closedTrainer),
    "NativeTrainer.live" -> Seq(),
    "NativeTrainer.open" -> Seq(round, weights, Array.empty[Float]),
    "NativeTrainer.state" -> Seq(trainer),
    "NativeTrainer.stepBytes" -> Seq(trainer, Array[Byte](1, 2), Array(0), new Array[Double](2)),
    "NativeTrainer.stepFloats" -> Seq(trainer, Array(0.1f, 0.2f), Array(0), new Array[Double](2)),
    "NativeTrainer.weights" -> Seq(trainer),
    "NativeZoo.importWeights" -> Seq(network, preprocessing, file, "[]"),
    "NativeZoo.list" -> Seq(),
    "NativeZoo.network" -> Seq("lenet", 3)
  )

  /** Those of a method; a method that is not listed here fails the test. */
  def apply(method: NativeMethod): Seq[Any] =
    arguments.getOrElse(
      method.name,
      throw new NoSuchElementException(s"give ${method.name} arguments in GoodArguments"))
}
