/* Reads an event log as the history server does. Here, since Spark keeps that to itself. */
package org.apache.spark.firesteel

import java.nio.file.{Files, Path}

import scala.jdk.CollectionConverters._
import scala.util.Using

import org.apache.spark.SparkConf
import org.apache.spark.scheduler.ReplayListenerBus
import org.apache.spark.sql.execution.ui.{SQLAppStatusListener, SQLAppStatusStore, SparkPlanGraphCluster}
import org.apache.spark.status.ElementTrackingStore
import org.apache.spark.util.kvstore.InMemoryStore

object Replay {

  /** The operators of all queries of a log's only application, each with its metrics as the UI shows them. */
  def operators(folder: Path): Seq[(String, Map[String, String])] = {
    val conf = new SparkConf(false)
    val store = new ElementTrackingStore(new InMemoryStore, conf)
    val bus = new ReplayListenerBus
    bus.addListener(new SQLAppStatusListener(conf, store, false))
    val logs = Using.resource(Files.walk(folder))(_.iterator.asScala.filter(Files.isRegularFile(_)).toList)
    for (log <- logs if log.getFileName.toString.matches("events_.*|app-.*|local-.*"))
      Using.resource(Files.newInputStream(log))(
        bus.replay(_, log.toString, false, ReplayListenerBus.SELECT_ALL_FILTER))
    store.close(false)
    val read = new SQLAppStatusStore(store, None)
    for {
      execution <- read.executionsList()
      values = read.executionMetrics(execution.executionId)
      node <- read.planGraph(execution.executionId).allNodes if !node.isInstanceOf[SparkPlanGraphCluster]
    } yield node.name -> node.metrics.flatMap(m => values.get(m.accumulatorId).map(m.name -> _)).toMap
  }
}
