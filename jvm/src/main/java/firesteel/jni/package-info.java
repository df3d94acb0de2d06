/**
 * The JVM's side of the boundary to Rust: native methods, library loading, handles and errors.
 *
 * <p>Knows neither Spark nor Scala. The classes named {@code Native*} declare raw native methods, each in
 * the library that its class comment names; the public classes above them are what everything else uses.
 * The contract is the module comment of the crate {@code firesteel-boundary}.
 */
package firesteel.jni;
