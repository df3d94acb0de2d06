/* Folders of images as tables: which files are in them, and which of these a model decodes. */
package firesteel.read

import java.awt.image.BufferedImage
import java.nio.file.Files
import javax.imageio.ImageIO

import firesteel.jni.Models
import firesteel.ml.CnnClassificationModel
import firesteel.{Bars, SparkSuite}

import org.apache.spark.sql.functions.expr

class ImagesSuite extends SparkSuite {
  test("files of all formats are read, of which a model decodes JPEG, PNG and WebP by default") {
    withTempDir { folder =>
      val names = Seq("a.PNG", "b.jpg", "c.gif", "d.bmp", "e.tif", "f.Tiff")
      val cats = Files.createDirectories(folder.resolve("photos/cats"))
      for (name <- names :+ "g.txt") {
        val format = name.drop(2).toLowerCase.replace("txt", "png").replaceAll("^tif$", "tiff")
        val image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB)
        assert(ImageIO.write(image, format, cats.resolve(name).toFile), name)
      }
      val table = Images.read(spark, s"$folder/photos").orderBy("path")
      val read = table.collect().map(row => row.getString(0).split('/').last -> row.getString(2))
      assert(read.toSeq === names.map(_ -> "cats"))

      def labelled(name: String, preprocessing: String): Seq[String] = {
        val weights = Models.initialWeights(Bars.network.toJson, "uniform", 1L)
        val file = Models.write(Bars.network.toJson, preprocessing, "[]", weights)
        new CnnClassificationModel(name, file).save(s"$folder/$name")
        val label = expr(s"try_classify(content, '$folder/$name')")
        table.where(label.isNotNull).collect().map(_.getString(0).split('/').last).toSeq
      }
      assert(labelled("plain", "{}") === Seq("a.PNG", "b.jpg"))
    }
  }
}
