/* The builders of networks: native code knows their layers, and no others. */
package firesteel.ml

import firesteel.infer.NetworkDescription

import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.{compact, parse}
import org.json4s.{JArray, JObject, JString, JValue}
import org.scalatest.funsuite.AnyFunSuite

class NetworkSuite extends AnyFunSuite {
  private val maps = Network.input(4, 9, 7)
  private val vector = Network.input(5)

  /** Each layer without its optional arguments; what it makes of the input, as PyTorch's module. */
  private val plain: Seq[(String, Network, Seq[Int])] = Seq(
    ("conv2d", maps.conv(6, kernel = 3), Seq(6, 7, 5)),
    ("max_pool2d", maps.maxPool(2), Seq(4, 4, 3)),
    ("avg_pool2d", maps.avgPool(2), Seq(4, 4, 3)),
    ("adaptive_avg_pool2d", maps.adaptiveAvgPool(3), Seq(4, 3, 3)),
    ("global_max_pool2d", maps.globalMaxPool, Seq(4, 1, 1)),
    ("global_avg_pool2d", maps.globalAvgPool, Seq(4, 1, 1)),
    ("dense", vector.dense(8), Seq(8)),
    ("batch_norm", maps.batchNorm(), Seq(4, 9, 7)),
    ("local_response_norm", maps.localResponseNorm(5), Seq(4, 9, 7)),
    ("dropout", vector.dropout(), Seq(5)),
    ("relu", maps.relu, Seq(4, 9, 7)),
    ("relu6", maps.relu6, Seq(4, 9, 7)),
    ("leaky_relu", maps.leakyRelu(), Seq(4, 9, 7)),
    ("sigmoid", maps.sigmoid, Seq(4, 9, 7)),
    ("silu", maps.silu, Seq(4, 9, 7)),
    ("hard_sigmoid", maps.hardsigmoid, Seq(4, 9, 7)),
    ("hard_swish", maps.hardswish, Seq(4, 9, 7)),
    ("flatten", maps.flatten, Seq(252)),
    ("softmax", vector.softmax, Seq(5)),
    ("add", maps.add("input"), Seq(4, 9, 7)),
    ("multiply", maps.multiply("input"), Seq(4, 9, 7)),
    ("concat", maps.concat("input", "input"), Seq(12, 9, 7)),
    ("subsample", maps.subsample(2), Seq(4, 5, 4)),
    ("pad_channels", maps.padChannels(), Seq(4, 9, 7))
  )

  /** Layers with all their arguments. */
  private val full: Seq[(String, Network, Seq[Int])] = Seq(
    ("conv2d", maps.conv(6, (3, 5), (2, 1), (1, 2), (1, 1), groups = 2, bias = false), Seq(6, 5, 7)),
    ("conv2d", maps.conv(4, 3, 2, Padding.Same, dilation = 2, groups = 4), Seq(4, 5, 4)),
    ("conv2d", maps.conv(2, 3, padding = (1, 0, 2, 3)), Seq(2, 10, 8)),
    ("max_pool2d", maps.maxPool((3, 2), 2, (1, 0), ceilMode = true), Seq(4, 5, 4)),
    ("avg_pool2d", maps.avgPool((3, 2), 2, (1, 0), ceilMode = true, countIncludePad = false), Seq(4, 5, 4)),
    ("adaptive_avg_pool2d", maps.adaptiveAvgPool((2, 5)), Seq(4, 2, 5)),
    ("dense", vector.dense(8, bias = false), Seq(8)),
    ("batch_norm", maps.batchNorm(eps = 1e-3, momentum = 0.01), Seq(4, 9, 7)),
    ("local_response_norm", maps.localResponseNorm(3, alpha = 1e-3, beta = 0.5, k = 2), Seq(4, 9, 7)),
    ("dropout", maps.dropout(0.2), Seq(4, 9, 7)),
    ("leaky_relu", maps.leakyRelu(0.2), Seq(4, 9, 7)),
    ("multiply", maps.globalAvgPool.named("factors").after("input").multiply("factors"), Seq(4, 9, 7)),
    ("subsample", maps.subsample((1, 3)), Seq(4, 9, 3)),
    ("pad_channels", maps.padChannels(before = 1, after = 2), Seq(7, 9, 7))
  )

  private def describe(network: Network): NetworkDescription =
    NetworkDescription.of(network.named("layer").flatten.toJson)

  private def refusal(network: Network): String =
    intercept[IllegalArgumentException](network.summary).getMessage

  /** The fields of a network's last layer. */
  private def layer(json: String): Seq[(String, JValue)] =
    (parse(json) \ "nodes").asInstanceOf[JArray].arr.last.asInstanceOf[JObject].obj

  test("every layer that native code knows has a builder") {
    val unknown = compact(
      ("input" -> Seq(1)) ~ ("output" -> "x") ~
        ("nodes" -> Seq(("name" -> "x") ~ ("op" -> "none") ~ ("inputs" -> Seq("input")))))
    val known = refusal(Network.fromJson(unknown)).split("expected one of").last
    val operations = "`(\\w+)`".r.findAllMatchIn(known).map(_.group(1)).toSeq
    assert(operations.size >= 24 && operations.contains("batch_norm"), known)
    assert(operations.sorted === plain.map(_._1).sorted)
  }

  test("native code takes each builder's layer, and gives it the shape of PyTorch's module") {
    for ((operation, network, shape) <- plain ++ full) {
      val layer = describe(network).layers.find(_.name == "layer").get
      assert((layer.op, layer.output) === ((operation, shape)), network)
    }
  }

  test("builders tell native code every option, and leave out what it takes by default") {
    var optional = Set.empty[String]
    for ((operation, network, _) <- plain) {
      val ours = network.named("layer").toJson
      // A flatten makes a vector of what may be a map.
      def canonical(fields: Seq[(String, JValue)]): Set[(String, JValue)] = {
        val flatten = ("name" -> "last") ~ ("op" -> "flatten") ~ ("inputs" -> Seq("layer"))
        val nodes = Seq(JObject(fields.toList), flatten)
        val json = compact(("input" -> parse(ours) \ "input") ~ ("nodes" -> nodes) ~ ("output" -> "last"))
        (parse(NetworkDescription.of(json).json) \ "nodes")(0).asInstanceOf[JObject].obj.toSet
      }
      val fields = layer(ours)
      assert(canonical(fields) === fields.toSet)
      for ((option, _) <- fields if !Set("name", "op", "inputs")(option)) {
        try {
          assert(canonical(fields.filterNot(_._1 == option)) === fields.toSet, s"$operation without $option")
          optional += s"$operation.$option"
        } catch {
          case e: IllegalArgumentException => assert(e.getMessage.contains(s"missing field `$option`"))
        }
      }
    }
    assert(optional.size >= 16 && optional("conv2d.groups") && !optional("conv2d.filters"), optional)
  }

  test("branches part and meet at names") {
    val network = maps.relu
      .named("stem")
      .conv(4, kernel = 3, padding = 1)
      .named("left")
      .after("stem")
      .conv(4, kernel = 1)
      .add("left")
      .concat("stem", "input")
    val nodes = (parse(network.toJson) \ "nodes").asInstanceOf[JArray].arr
    val inputs = nodes.map(node => (node \ "name", node \ "inputs")).collect {
      case (JString(name), JArray(inputs)) => name -> inputs.collect { case JString(input) => input }
    }
    assert(
      inputs === Seq(
        "stem" -> Seq("input"),
        "left" -> Seq("stem"),
        "conv1" -> Seq("stem"),
        "add1" -> Seq("conv1", "left"),
        "concat1" -> Seq("add1", "stem", "input")))
    assert(describe(network).layers.map(_.output.head) === Seq(4, 4, 4, 4, 12, 12 * 63))
  }

  test("a layer's number is the first that is free") {
    val network = vector.dense(3).named("dense2").dense(3).dense(3).relu.relu6
    val names = (parse(network.toJson) \ "nodes" \ "name").asInstanceOf[JArray].arr
    assert(names === Seq("dense2", "dense1", "dense3", "relu1", "relu2").map(JString(_)))
    assert(Network.fromJson(network.toJson).dense(2).toJson.contains(""""name":"dense4""""))
  }

  test("what does not fit is named") {
    assert(
      refusal(maps.conv(2, 3).after("stem").add("conv1"))
        === "layer 'add1' (add): its input 'stem' is neither 'input' nor an earlier layer")
    assert(
      refusal(maps.conv(2, 3).add("input")) ===
        "layer 'add1' (add): its inputs are 2x7x5 and 4x9x7, they must be of one shape")
    assert(
      refusal(vector.dense(2).named("a").after("input").dense(3)) ===
        "network: layer 'a' leads nowhere: the output is 'dense1'")
    assert(refusal(vector.relu.named("a").relu.named("a")).contains("the name is taken by another layer"))
    assert(
      refusal(vector.dropout(1)) === "layer 'dropout1' (dropout): p is 1: it must be at least 0 and below 1")
    for (nothing <- Seq(maps, maps.relu.after("input"))) {
      val message = intercept[IllegalArgumentException](nothing.named("a")).getMessage
      assert(message === "named('a') must follow the layer that it names: there is none")
    }
    val nan = intercept[IllegalArgumentException](maps.batchNorm(eps = Double.NaN)).getMessage
    assert(nan === "layer 'bn1' (batch_norm): eps is NaN: it must be a finite number")
  }
}
