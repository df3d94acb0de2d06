/* One jar for several versions of Spark: all that its classes name is there in the one that runs. */
package firesteel

import java.util.jar.JarFile

import scala.collection.mutable
import scala.jdk.CollectionConverters._
import scala.util.Using

import org.apache.xbean.asm9.{ClassReader, ClassVisitor, FieldVisitor, MethodVisitor, Opcodes}
import org.scalatest.funsuite.AnyFunSuite

/** A method or a field, with its type as in class files. */
private final case class Member(owner: String, name: String, descriptor: String)

class LinkageSuite extends AnyFunSuite {

  /** The methods and fields that a class names: some entries of its pool of constants. */
  private def members(of: ClassReader): Seq[Member] = {
    val buffer = new Array[Char](of.getMaxStringLength)
    for {
      i <- 1 until of.getItemCount
      at = of.getItem(i)
      // JVM specification, 4.4: 9, 10 and 11 are fields, methods and those of interfaces. Long numbers take two entries.
      if at > 0 && Set(9, 10, 11)(of.readByte(at - 1))
    } yield {
      val named = of.getItem(of.readUnsignedShort(at + 2))
      Member(of.readClass(at, buffer), of.readUTF8(named, buffer), of.readUTF8(named + 2, buffer))
    }
  }

  /** What a class file declares: read rather than loaded, since much of Spark refers to classes that it has not. */
  private final class Declared extends ClassVisitor(Opcodes.ASM9) {
    var parents: Seq[String] = Nil
    var isAbstract = false
    val concrete: mutable.Set[(String, String)] = mutable.Set.empty
    val abstracts: mutable.Set[(String, String)] = mutable.Set.empty

    override def visit(
        v: Int,
        access: Int,
        n: String,
        s: String,
        parent: String,
        interfaces: Array[String]): Unit = {
      parents = Option(parent).toSeq ++ interfaces
      isAbstract = (access & Opcodes.ACC_ABSTRACT) != 0
    }
    override def visitMethod(
        access: Int,
        name: String,
        d: String,
        s: String,
        e: Array[String]): MethodVisitor = {
      (if ((access & Opcodes.ACC_ABSTRACT) != 0) abstracts else concrete) += name -> d
      null
    }
    override def visitField(access: Int, name: String, d: String, s: String, value: Any): FieldVisitor = {
      concrete += name -> d
      null
    }
  }

  private val known = mutable.Map.empty[String, Option[Declared]]

  private def declared(name: String): Option[Declared] = known.getOrElseUpdate(
    name,
    Option(ClassLoader.getSystemResourceAsStream(s"$name.class")).map { in =>
      val found = new Declared
      Using.resource(in)(new ClassReader(_).accept(found, ClassReader.SKIP_CODE))
      found
    }
  )

  /** A class and all that it inherits from. */
  private def ancestors(name: String): Seq[Declared] =
    declared(name).toSeq.flatMap(found => found +: found.parents.flatMap(ancestors))

  private def isThere(member: Member): Boolean =
    ancestors(member.owner).exists { found =>
      found.concrete(member.name -> member.descriptor) || found.abstracts(member.name -> member.descriptor)
    }

  test("every class, method and field that the jar's classes name is there") {
    val own = mutable.Buffer.empty[String]
    val named = mutable.Map.empty[Member, String]
    Using.resource(new JarFile(System.getProperty("firesteel.jar"))) { jar =>
      for (entry <- jar.entries.asScala if entry.getName.endsWith(".class")) {
        val reader = Using.resource(jar.getInputStream(entry))(new ClassReader(_))
        own += reader.getClassName
        members(reader).foreach(named.getOrElseUpdate(_, reader.getClassName))
      }
    }
    assert(own.size > 100 && named.count(_._1.owner.startsWith("org/apache/spark/")) > 300)
    assert(!isThere(Member("org/apache/spark/SparkContext", "none", "()V")), "this would not be missed")
    // Arrays have the methods of Object, method handles those of any type.
    val usual = named.filterNot { case (m, _) =>
      m.owner.startsWith("[") || m.owner.startsWith("java/lang/invoke/")
    }
    val missing = usual.toSeq.collect {
      case (member, where) if !isThere(member) =>
        s"${member.owner}.${member.name}${member.descriptor} in $where"
    }
    assert(missing.sorted === Nil)
  }

  test("no class of the jar lacks a method that its ancestors ask for") {
    val own = Using.resource(new JarFile(System.getProperty("firesteel.jar"))) { jar =>
      jar.entries.asScala.map(_.getName).filter(_.endsWith(".class")).map(_.stripSuffix(".class")).toList
    }
    assert(own.size > 100)
    val lacking = for {
      name <- own
      found = ancestors(name)
      if !found.head.isAbstract
      method <- found.flatMap(_.abstracts).distinct if !found.exists(_.concrete(method))
    } yield s"$name has no ${method._1}${method._2}"
    assert(lacking === Nil)
  }

  test("the jar is small") {
    val bytes = new java.io.File(System.getProperty("firesteel.jar")).length()
    assert(bytes > (1 << 20) && bytes <= (15 << 20))
  }
}
