package firesteel.jni;

/** A round of training. It belongs to one thread at a time. */
public final class Trainer extends Handle {
  private final double[] results = new double[2];

  private Trainer(long id) {
    super(id, NativeTrainer::close);
  }

  /**
   * Begins a round.
   *
   * @param config JSON: network, preprocessing, learningRate, momentum, weightDecay, device, round
   * @param weights all weights, in the order of the layers
   * @param state the optimizer's state after the last round; empty at the first
   */
  public static Trainer open(String config, float[] weights, float[] state) {
    NativeLibrary.loadTorch();
    return new Trainer(NativeTrainer.open(config, weights, state));
  }

  /** The number of handles that are open in this process. */
  public static int live() {
    NativeLibrary.loadTorch();
    return NativeTrainer.live();
  }

  /**
   * Learns from a mini-batch of bytes, row after row.
   *
   * @throws NativeException of {@link ErrorCode#DIVERGED} where the loss is not finite
   */
  public void step(byte[] inputs, int[] labels) {
    NativeTrainer.stepBytes(id(), inputs, labels, results);
  }

  /** Learns from a mini-batch of numbers, row after row. */
  public void step(float[] inputs, int[] labels) {
    NativeTrainer.stepFloats(id(), inputs, labels, results);
  }

  /** The mean loss of the last step, before its update. */
  public double loss() {
    return results[0];
  }

  /** The number of rows of the last step that were classified as labelled, before its update. */
  public int correct() {
    return (int) results[1];
  }

  /** The weights. */
  public float[] weights() {
    return NativeTrainer.weights(id());
  }

  /** The optimizer's state, for the next round. */
  public float[] state() {
    return NativeTrainer.state(id());
  }
}
