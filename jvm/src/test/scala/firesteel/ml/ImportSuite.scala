/* Models of the weights of others, with the network's own preprocessing or another one. */
package firesteel.ml

import java.io.ByteArrayOutputStream
import java.nio.file.Files

import firesteel.jni.Models
import firesteel.{Bars, Firesteel, Import, SparkSuite}

import org.json4s.jackson.JsonMethods.parse
import org.json4s.{DefaultFormats, JValue}

class ImportSuite extends SparkSuite {
  private implicit val formats: DefaultFormats.type = DefaultFormats

  private def preprocessingOf(model: CnnClassificationModel): JValue =
    parse((parse(Models.metadata(model.file)) \ "preprocessing").extract[String])

  /** Imports a file of LeNet's weights, and gives the preprocessing of the model. */
  private def imported(preprocessing: Option[String]): JValue = {
    var found: JValue = null
    withTempDir { folder =>
      val weights = folder.resolve("lenet.safetensors")
      Files.write(weights, Bars.file(network = Zoo.network("lenet", 10)))
      val output = s"$folder/model"
      val model = preprocessing match {
        case None => Firesteel.importModel(spark, "lenet", weights.toString, "", output)
        case Some(changes) => Firesteel.importModel(spark, "lenet", weights.toString, "", output, changes)
      }
      assert(CnnClassificationModel.load(output).file.sameElements(model.file))
      found = preprocessingOf(model)
    }
    found
  }

  test("what is said of the preprocessing changes, and the rest is the network's own") {
    val own = imported(None)
    assert((own \ "image" \ "resize" \ "shortSide").extract[Int] === 28)
    assert(imported(Some("{}")) === own)
    val other = imported(Some("""{"scale": 1, "image": {"formats": ["gif"], "resize": {"shortSide": 32}}}"""))
    assert((other \ "scale").extract[Double] === 1.0)
    assert((other \ "mean") === (own \ "mean"))
    assert((other \ "image" \ "resize" \ "shortSide").extract[Int] === 32)
    assert((other \ "image" \ "formats").extract[Seq[String]] === Seq("gif"))
    assert((other \ "image" \ "crop") === (own \ "image" \ "crop"))
  }

  test("a preprocessing that is none, or does not fit, is told") {
    for ((changes, words) <- Seq(
        "scale" -> "preprocessing: expected",
        """{"scale": 0}""" -> "scale: must be a finite number other than 0",
        """{"image": {"flip": true}}""" -> "unknown field `flip`",
        """{"image": {"crop": [20, 20]}}""" -> "20"
      )) {
      val error = intercept[IllegalArgumentException](imported(Some(changes)))
      assert(error.getMessage.contains("lenet.safetensors: ") && error.getMessage.contains(words), changes)
    }
  }

  test("a file of labels has a name on each line, and a blank one is told") {
    withTempDir { folder =>
      val (weights, labels) = (folder.resolve("lenet.safetensors"), folder.resolve("labels.txt"))
      Files.write(weights, Bars.file(network = Zoo.network("lenet", 10)))
      def named(text: String): Seq[String] = {
        Files.write(labels, text.getBytes("UTF-8"))
        val model = Firesteel.importModel(spark, "lenet", s"$weights", s"$labels", s"$folder/model")
        (parse(Models.metadata(model.file)) \ "labels").extract[Seq[String]]
      }
      val names = (0 until 10).map(i => s"class $i")
      assert(named(names.mkString("\n")) === names)
      assert(named(names.mkString("", "\r\n", "\r\n")) === names)
      for ((text, words) <- Seq(
          names.patch(3, Seq(" "), 0).mkString("\n") -> "labels.txt: line 4 is blank",
          names.patch(3, Seq(""), 1).mkString("\n") -> "labels.txt: line 4 is blank",
          names.tail.mkString("\n") -> "9 labels, the weights are of 10 classes"
        )) {
        val error = intercept[IllegalArgumentException](named(text))
        assert(error.getMessage.contains(words))
      }
    }
  }

  test("the program hands on what it is told of the preprocessing") {
    withTempDir { folder =>
      val weights = folder.resolve("lenet.safetensors")
      Files.write(weights, Bars.file(network = Zoo.network("lenet", 10)))
      def shortSide(more: String*): Int = {
        val output = s"$folder/model"
        val options = Seq("--architecture", "lenet", "--weights", weights.toString, "--output", output)
        val out = new ByteArrayOutputStream
        Console.withOut(out)(Import.main((options ++ more).toArray))
        assert(out.toString.startsWith(s"$output: lenet, ") && out.toString.contains(" 10 classes"))
        val found = preprocessingOf(CnnClassificationModel.load(output))
        (found \ "image" \ "resize" \ "shortSide").extract[Int]
      }
      assert(shortSide() === 28)
      assert(shortSide("--preprocessing", """{"image": {"resize": {"shortSide": 32}}}""") === 32)
    }
  }

  test("the names of ImageNet's classes stand in their order") {
    assume(data.isDefined)
    val index = parse(Files.readString(data.get.resolve("photos/imagenet_class_index.json")))
    val names = scala.util.Using.resource(getClass.getResourceAsStream("/firesteel/imagenet.txt"))(in =>
      new String(in.readAllBytes(), "UTF-8").linesIterator.toSeq)
    assert(names.size === 1000 && index.children.size === 1000)
    // Names that two classes have there: torchvision tells them apart.
    val more = Map(134 -> " bird", 639 -> " tank suit")
    for ((name, i) <- names.zipWithIndex) {
      val expected = (index \ s"$i").extract[Seq[String]].last.replace('_', ' ')
      assert(name === expected + more.getOrElse(i, ""), i)
    }
  }

  test("the program says how it is used") {
    val error = intercept[IllegalArgumentException](Import.main(Array("--architecture", "lenet")))
    assert(
      error.getMessage.contains("--weights is missing") && error.getMessage.contains(
        "[--preprocessing JSON]"))
  }
}
