package firesteel.jni;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds libtorch and loads it: a folder that the user names, or that LIBTORCH names, or jars on the class path. */
final class Libtorch {
  /** The release that {@code libfiresteel_torch} was built for. */
  static final String VERSION = "2.13";

  /** What a libtorch consists of, in the order in which it has to be loaded. Only the last two are in every one. */
  static final List<String> LIBRARIES =
      List.of(
          "libgomp.so.1",
          "libquadmath.so.0",
          "libgfortran.so.5",
          "libopenblas.so.0",
          "libcudart.so.13",
          "libcupti.so.13",
          "libc10.so",
          "libtorch_cpu.so");

  private Libtorch() {}

  /**
   * Loads libtorch.
   *
   * @param directory the folder that the user named, or null
   */
  static void load(String directory) {
    Path folder = find(directory);
    for (String library : LIBRARIES) {
      Path file = folder.resolve(library);
      if (Files.exists(file)) {
        NativeLibrary.loadShared(file);
      }
    }
  }

  private static Path find(String directory) {
    List<String> tried = new ArrayList<>();
    Path folder;
    if (directory != null) {
      // A folder that was named has no substitute: another libtorch would be a surprise.
      folder = inside(directory, "spark.firesteel.libtorch.dir", tried);
    } else {
      tried.add("spark.firesteel.libtorch.dir is not set");
      String variable = System.getenv("LIBTORCH");
      if (variable == null || variable.isEmpty()) {
        tried.add("the environment variable LIBTORCH is not set");
        folder = null;
      } else {
        folder = inside(variable, "the environment variable LIBTORCH", tried);
      }
      if (folder == null) {
        folder = LibtorchJars.find(tried);
      }
    }
    if (folder == null) {
      throw notFound(tried);
    }
    return folder;
  }

  /** The folder itself or its {@code lib}, whichever holds libtorch. */
  private static Path inside(String directory, String source, List<String> tried) {
    Path named = Path.of(directory).toAbsolutePath();
    for (Path folder : List.of(named, named.resolve("lib"))) {
      if (Files.isRegularFile(folder.resolve("libtorch_cpu.so"))) {
        return folder;
      }
    }
    tried.add(source + " is " + directory + ", which holds no libtorch_cpu.so, neither does its lib/");
    return null;
  }

  private static LibraryException notFound(List<String> tried) {
    return new LibraryException(
        "training needs libtorch " + VERSION + ", which was not found:\n - "
            + String.join("\n - ", tried)
            + "\nEither put the jars " + String.join(" and ", LibtorchJars.ARTIFACTS)
            + " of Maven Central on the class path (spark-submit --jars; they need glibc 2.35), or set"
            + " spark.firesteel.libtorch.dir to a folder with libtorch_cpu.so on every executor, for example that of"
            + " `pip install torch==" + VERSION + ".0`: python -c 'import torch; print(torch.__path__[0] + \"/lib\")'."
            + " Everything but training works without it.",
        null);
  }
}
