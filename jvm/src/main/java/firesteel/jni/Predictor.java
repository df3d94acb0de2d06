package firesteel.jni;

/** A model that is ready to run. Threads may share it. */
public final class Predictor extends Handle {
  /** The scores are valid. */
  public static final byte OK = 0;

  /** The row is null. */
  public static final byte NULL = 1;

  /** The row has not as many values as the network's input. */
  public static final byte SIZE = 2;

  /** The row, or what the network made of it, is not finite. */
  public static final byte NOT_FINITE = 3;

  /** The row's computation panicked; the native log says more. */
  public static final byte PANIC = 4;

  /** The image is damaged or cut off. */
  public static final byte UNDECODABLE = 5;

  /** The image exceeds a limit of decoding. */
  public static final byte TOO_LARGE = 6;

  /** The image is of a format, or of a kind of it, that is not decoded. */
  public static final byte FORMAT = 7;

  /** The image has not the network's size, and the model does not say how to resize it. */
  public static final byte IMAGE_SIZE = 8;

  private Predictor(long id) {
    super(id, NativePredictor::close);
  }

  /**
   * Verifies and prepares a model.
   *
   * @param file the bytes of a model file
   * @param digest its SHA-256, as 64 hexadecimal digits
   * @param layer the layer whose output the scores are, or null for the scores before softmax
   * @throws IllegalArgumentException if the network has no such layer, listing those it has
   * @throws NativeException of {@link ErrorCode#DIGEST} or {@link ErrorCode#MODEL_FILE}
   */
  public static Predictor open(byte[] file, String digest, String layer) {
    return open(file, digest, layer, null, false);
  }

  /**
   * As the other method, with limits for encoded images.
   *
   * @param limits JSON: any of {@code maxBytes}, {@code maxPixels}, {@code maxSide}, {@code maxAllocation},
   *     {@code maxScans}, {@code strict}; null for the defaults
   * @param exact whether all convolutions are computed directly, and none by Winograd's algorithm
   */
  public static Predictor open(
      byte[] file, String digest, String layer, String limits, boolean exact) {
    NativeLibrary.load();
    return new Predictor(NativePredictor.open(file, digest, layer, limits, exact));
  }

  /** The number of handles that are open in this process. */
  public static int live() {
    NativeLibrary.load();
    return NativePredictor.live();
  }

  /** The number of values per row: one for each class, or those of the layer. */
  public int width() {
    return NativePredictor.width(id());
  }

  /** How many images it pays to compute at a time: reading the weights is then shared. */
  public int imagesAtOnce() {
    return NativePredictor.imagesAtOnce(id());
  }

  /**
   * The bytes of memory that a scorer takes for each of its workers.
   *
   * @param images how many images are computed at a time: 1 to {@link #imagesAtOnce}
   */
  public long arenaBytes(int images) {
    return NativePredictor.arenaBytes(id(), images);
  }

  /** The bytes of the weights, as this processor reads them: all scorers of this predictor share them. */
  public long weightBytes() {
    return NativePredictor.weightBytes(id());
  }

  /**
   * How this processor computes an image: a table with a line for each step, its kernel, shape, millions of operations and
   * bytes of weights, and then the bytes of memory that a scorer takes. Nothing is computed for it.
   */
  public String explain() {
    return NativePredictor.explain(id());
  }

  /**
   * What scores rows. It keeps the model in memory until it is closed, too.
   *
   * @param images how many images are computed at a time: 1 to {@link #imagesAtOnce}
   * @param workers how many threads share the rows of a call: with 1 the calling thread does all
   * @throws IllegalArgumentException if there can be no such scorer
   */
  public Scorer scorer(int images, int workers) {
    return new Scorer(NativeScorer.open(id(), images, workers));
  }
}
