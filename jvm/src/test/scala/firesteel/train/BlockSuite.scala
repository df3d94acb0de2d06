/* Rows in few large arrays. */
package firesteel.train

import org.scalatest.funsuite.AnyFunSuite

class BlockSuite extends AnyFunSuite {
  private def bytes(rows: Int, width: Int): Seq[(Array[Byte], Int)] =
    Seq.tabulate(rows)(i => Array.tabulate(width)(j => (i * 7 + j).toByte) -> i)

  private def floats(rows: Int, width: Int): Seq[(Array[Float], Int)] =
    Seq.tabulate(rows)(i => Array.tabulate(width)(j => i + j / 10f) -> i)

  test("bytes are packed row after row with their labels") {
    val rows = bytes(5, 3)
    val blocks = Values.Bytes.pack(rows.iterator, 3).toSeq
    assert(blocks.size === 1)
    val block = blocks.head
    assert(block.inputs.toSeq === rows.flatMap(_._1))
    assert(block.labels.toSeq === Seq(0, 1, 2, 3, 4))
    assert(block.rows === 5)
  }

  test("numbers are packed row after row with their labels") {
    val rows = floats(5, 3)
    val block = Values.Floats.pack(rows.iterator, 3).next()
    assert(block.inputs.toSeq === rows.flatMap(_._1))
    assert(block.labels.toSeq === Seq(0, 1, 2, 3, 4))
  }

  test("a block has about 4 MiB, the last one the rest") {
    assert(Values.Bytes.pack(bytes(10, 1 << 20).iterator, 1 << 20).map(_.rows).toSeq === Seq(4, 4, 2))
    assert(Values.Floats.pack(floats(10, 1 << 18).iterator, 1 << 18).map(_.rows).toSeq === Seq(4, 4, 2))
  }

  test("a row larger than a block is a block of its own") {
    assert(Values.Bytes.pack(bytes(3, 5 << 20).iterator, 5 << 20).map(_.rows).toSeq === Seq(1, 1, 1))
  }

  test("no rows make no block") {
    assert(Values.Bytes.pack(Iterator.empty, 3).isEmpty)
  }

  test("rows are taken block by block") {
    var taken = 0
    val rows = Iterator.tabulate(12) { i => taken += 1; new Array[Byte](1 << 20) -> i }
    val blocks = Values.Bytes.pack(rows, 1 << 20)
    blocks.next()
    assert(taken === 4)
  }
}
