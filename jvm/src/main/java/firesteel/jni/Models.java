package firesteel.jni;

/** Networks and model files, as text and bytes. */
public final class Models {
  private Models() {}

  /**
   * Checks a network and sums it up.
   *
   * @param network the description, as JSON
   * @return JSON: {@code network} in its canonical form as text, {@code input}, {@code classes}, {@code parameters},
   *     {@code layers}, and {@code features}, the layer whose output the last layer with weights reads, or null
   * @throws IllegalArgumentException naming the layer and the shapes that do not fit
   */
  public static String describe(String network) {
    NativeLibrary.load();
    return NativeModel.describe(network);
  }

  /**
   * Draws the initial weights of a network: a function of the arguments alone.
   *
   * @param initializer uniform, xavier, he, normal or zeros
   * @return the weights, in the order of the layers
   */
  public static float[] initialWeights(String network, String initializer, long seed) {
    NativeLibrary.load();
    return NativeModel.initialWeights(network, initializer, seed);
  }

  /**
   * The weights of a model for a network, matched by name, but for some layers.
   *
   * @param file the model file
   * @param fresh JSON array of the layers whose weights are drawn as {@link #initialWeights} does: their names, or
   *     the beginnings of their names up to a dot
   * @return the weights, in the order of the layers
   * @throws IllegalArgumentException listing every weight that does not fit
   */
  public static float[] startingWeights(
      String network, byte[] file, String fresh, String initializer, long seed) {
    NativeLibrary.load();
    return NativeModel.startingWeights(network, file, fresh, initializer, seed);
  }

  /**
   * Writes a model file. The same model gives the same bytes.
   *
   * @param preprocessing JSON: {@code scale}, {@code mean}, {@code std}
   * @param labels JSON array of the classes' names; empty where they have none
   */
  public static byte[] write(String network, String preprocessing, String labels, float[] weights) {
    NativeLibrary.load();
    return NativeModel.write(network, preprocessing, labels, weights);
  }

  /**
   * Checks all of a model file.
   *
   * @return JSON: {@code network} and {@code preprocessing}, each JSON as text, {@code labels}
   * @throws NativeException of {@link ErrorCode#MODEL_FILE} listing every problem
   */
  public static String metadata(byte[] file) {
    NativeLibrary.load();
    return NativeModel.metadata(file);
  }

  /**
   * Checks the header of a model file: all that {@link #metadata} checks, but for the weights' values.
   *
   * @param start the beginning of the file: 8 bytes with the header's length, little-endian, the header, and
   *     what may follow it; 8 MiB and 8 bytes always suffice
   * @param fileBytes the length of the whole file
   * @return what {@link #metadata} returns
   * @throws IllegalArgumentException if {@code start} ends before the header does, saying how many bytes it takes
   * @throws NativeException of {@link ErrorCode#MODEL_FILE} listing every problem
   */
  public static String header(byte[] start, long fileBytes) {
    NativeLibrary.load();
    return NativeModel.header(start, fileBytes);
  }

  /** The SHA-256 of a file, as 64 hexadecimal digits. */
  public static String digest(byte[] file) {
    NativeLibrary.load();
    return NativeModel.digest(file);
  }
}
