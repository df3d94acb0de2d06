/* What every stage in the jar must do, now and later: found by looking into the jar. */
package firesteel.ml

import java.lang.reflect.Modifier
import java.nio.file.{Files, Path}
import java.util.jar.{JarEntry, JarFile, JarOutputStream}

import scala.jdk.CollectionConverters._
import scala.util.Using

import firesteel.{Bars, SparkSuite}

import org.apache.spark.ml.param._
import org.apache.spark.ml.util.MLWritable
import org.apache.spark.ml.{Estimator, Model, Pipeline, PipelineModel, PipelineStage, Transformer}
import org.apache.spark.sql.types.StructType

class StagesSuite extends SparkSuite {
  import StagesSuite._

  private val jar = Path.of(System.getProperty("firesteel.jar"))
  private lazy val table = Bars.table(spark, 30).cache()

  private lazy val folder = Files.createTempDirectory("firesteel-stages")

  override protected def afterAll(): Unit = {
    firesteel.SparkSuite.delete(folder)
    super.afterAll()
  }

  private lazy val saved: String = {
    Bars.untrained().save(s"$folder/model")
    s"$folder/model"
  }

  private def stored(stage: ImageStage): PipelineStage =
    stage.setModel(saved).setInputCol("features").setOutputCol("made")

  /** How an instance that can do its work is made of each stage. A new stage needs a line here. */
  private val instances: Map[Class[_ <: PipelineStage], () => PipelineStage] = Map(
    classOf[CnnClassifier] -> (() => Bars.classifier.setEpochs(1)),
    classOf[CnnClassificationModel] -> (() => Bars.untrained()),
    classOf[ImagePredictor] -> (() => stored(new ImagePredictor)),
    classOf[ImageFeaturizer] -> (() => stored(new ImageFeaturizer))
  )

  // ---- the jar ----

  test("every stage in the jar is in the file of services that Spark Connect reads, and in no other") {
    val (found, listed) = (stages(jar), services(jar))
    assert(found.nonEmpty)
    assert(unlisted(jar) === Set.empty)
    assert(listed(estimators) === found.filter(classOf[Estimator[_]].isAssignableFrom(_)).map(_.getName))
    assert(listed(transformers) === found.filter(classOf[Transformer].isAssignableFrom(_)).map(_.getName))
  }

  test("a stage that were in no file of services would be found") {
    withTempDir { folder =>
      val other = folder.resolve("other.jar")
      Using.resource(new JarOutputStream(Files.newOutputStream(other))) { out =>
        val name = classOf[UnlistedStage].getName.replace('.', '/') + ".class"
        out.putNextEntry(new JarEntry(name))
        out.write(Using.resource(getClass.getResourceAsStream(s"/$name"))(_.readAllBytes()))
        out.putNextEntry(new JarEntry(estimators))
        out.write("firesteel.ml.CnnClassifier\n".getBytes)
      }
      assert(unlisted(other) === Set(classOf[UnlistedStage].getName))
    }
  }

  test("these tests know every stage in the jar") {
    assert(instances.keySet.map(_.getName) === stages(jar).map(_.getName))
  }

  for ((stage, instance) <- instances) {
    val name = stage.getSimpleName
    val isModel = classOf[Model[_]].isAssignableFrom(stage)

    // ---- its class ----

    test(s"$name can be made without arguments, each time with another uid, and an estimator with a uid") {
      def made(): PipelineStage = stage.getConstructor().newInstance()
      val (one, two) = (made(), made())
      assert(one.uid != two.uid && one.toString.contains(one.uid))
      if (!isModel) {
        val constructor = stage.getConstructor(classOf[String])
        assert(constructor.newInstance("given").uid === "given")
      }
    }

    test(s"$name is loaded by the static method load, as Spark Connect does") {
      val load = stage.getMethod("load", classOf[String])
      assert(Modifier.isStatic(load.getModifiers) && stage.isAssignableFrom(load.getReturnType))
    }

    // ---- its parameters ----

    test(s"every parameter of $name has a doc, a getter and a setter that work") {
      val made = instance()
      assert(made.params.nonEmpty)
      for (param <- made.params) {
        assert(param.doc.trim.nonEmpty && param.parent === made.uid, param.name)
        val value = candidate(made, param)
        val suffix = param.name.capitalize
        // Spark's own PredictionModel has this parameter and no setter for it.
        if (!(isModel && param.name == "labelCol")) {
          val setters =
            made.getClass.getMethods.filter(m => m.getName == s"set$suffix" && m.getParameterCount == 1)
          val setter = setters.find(m => boxed(m.getParameterTypes.head).isInstance(value))
          assert(setter.isDefined, s"set$suffix")
          assert(setter.get.invoke(made, value) eq made, s"set$suffix")
          val got = made.getClass.getMethod(s"get$suffix").invoke(made)
          assert(java.util.Objects.deepEquals(got, value), s"get$suffix")
        }
        assert(made.explainParam(param).startsWith(s"${param.name}: "))
      }
    }

    test(s"a copy of $name has its uid and parameters, and those given besides") {
      val made = allSet(instance())
      val copied = made.copy(ParamMap.empty)
      assert(copied.getClass === made.getClass && copied.uid === made.uid && (copied ne made))
      assert(SetParams.of(copied) === SetParams.of(made))
      val param =
        made.params.find(p => Set("featuresCol", "inputCol")(p.name)).get.asInstanceOf[Param[String]]
      val changed = made.copy(ParamMap(param -> "changed"))
      assert(SetParams.of(changed) === SetParams.of(made) + (param.name -> "changed"))
    }

    test(s"$name is saved and loaded with every parameter") {
      withTempDir { folder =>
        val made = allSet(instance())
        assert(SetParams.of(made).size === made.params.length)
        val path = folder.resolve(name).toString
        made.asInstanceOf[MLWritable].write.save(path)
        val loaded = stage.getMethod("load", classOf[String]).invoke(null, path).asInstanceOf[PipelineStage]
        assert(loaded.getClass === made.getClass && loaded.uid === made.uid)
        assert(SetParams.of(loaded) === SetParams.of(made))
      }
    }

    test(s"$name with nothing set is saved and loaded with nothing set") {
      withTempDir { folder =>
        val made = instance()
        made.params.foreach(made.clear(_))
        made.asInstanceOf[MLWritable].write.save(folder.resolve(name).toString)
        val loaded = stage.getMethod("load", classOf[String]).invoke(null, folder.resolve(name).toString)
        assert(SetParams.of(loaded.asInstanceOf[PipelineStage]) === Map.empty)
      }
    }

    // ---- at work ----

    test(s"$name works in a pipeline, and tells the schema beforehand") {
      val pipeline = new Pipeline().setStages(Array(instance()))
      val result = pipeline.fit(table).transform(table)
      assert(result.count() === 30)
      assert(result.schema === pipeline.transformSchema(table.schema))
      withTempDir { folder =>
        pipeline.save(folder.resolve("p").toString)
        pipeline.fit(table).save(folder.resolve("m").toString)
        assert(
          Pipeline.load(folder.resolve("p").toString).getStages.map(_.uid) === pipeline.getStages.map(_.uid))
        assert(PipelineModel.load(folder.resolve("m").toString).transform(table).schema === result.schema)
      }
    }
  }

  /** Sets every parameter to another value than its default. */
  private def allSet(stage: PipelineStage): PipelineStage = {
    for (param <- stage.params) stage.set(param.asInstanceOf[Param[Any]], candidate(stage, param): Any)
    stage
  }

  /** A valid value of a parameter that is not its default. */
  private def candidate(stage: PipelineStage, param: Param[_]): AnyRef = {
    val candidates: Seq[Any] = param match {
      case _: DoubleParam => Seq(0.5, 0.25)
      case _: IntParam => Seq(7, 8)
      case _: LongParam => Seq(7L, 8L)
      case _: BooleanParam => Seq(true, false)
      case _: DoubleArrayParam => Seq(Array(0.2, 0.3, 0.5))
      case _: StringArrayParam => Seq(Array("a", "b", "c"))
      case _ => Seq("another", "skip", "he", "crop")
    }
    val default = stage.getDefault(param.asInstanceOf[Param[Any]])
    val valid = candidates.filter(v => param.asInstanceOf[Param[Any]].isValid(v) && !default.contains(v))
    assert(valid.nonEmpty, s"no value for ${param.name}: add one to this test")
    valid.head.asInstanceOf[AnyRef]
  }
}

private object StagesSuite {
  val estimators = "META-INF/services/org.apache.spark.ml.Estimator"
  val transformers = "META-INF/services/org.apache.spark.ml.Transformer"

  /** The names in a jar's files of services. */
  def services(jar: Path): Map[String, Set[String]] = Using.resource(new JarFile(jar.toFile)) { open =>
    Seq(estimators, transformers).map { file =>
      val text =
        Option(open.getEntry(file)).map(entry => new String(open.getInputStream(entry).readAllBytes()))
      val lines = text.toSeq.flatMap(_.linesIterator.map(_.replaceFirst("#.*", "").trim))
      file -> lines.filter(_.nonEmpty).toSet
    }.toMap
  }

  /** The classes in a jar that are stages and not abstract. */
  def stages(jar: Path): Set[Class[_]] = Using.resource(new JarFile(jar.toFile)) { open =>
    val names = open.entries.asScala.map(_.getName).filter(_.endsWith(".class")).toSeq
    val classes =
      names.map(n => Class.forName(n.stripSuffix(".class").replace('/', '.'), false, getClass.getClassLoader))
    classes
      .filter(c => classOf[PipelineStage].isAssignableFrom(c) && !Modifier.isAbstract(c.getModifiers))
      .toSet
  }

  def unlisted(jar: Path): Set[String] = stages(jar).map(_.getName) -- services(jar).values.flatten

  def boxed(c: Class[_]): Class[_] = java.lang.invoke.MethodType.methodType(c).wrap().returnType()
}

/** A stage that no file of services names. */
private class UnlistedStage(override val uid: String) extends Estimator[CnnClassificationModel] {
  override def fit(dataset: org.apache.spark.sql.Dataset[_]): CnnClassificationModel = Bars.untrained()
  override def copy(extra: ParamMap): UnlistedStage = this
  override def transformSchema(schema: StructType): StructType = schema
}
