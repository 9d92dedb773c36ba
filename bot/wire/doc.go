// Package wire makes the bot that a configuration describes: its sources and sinks, the
// store, the trees, the queue, the pages and the watch over all of them, put together by
// hand in the order in which the data flows. It is the one package that knows them all;
// the commands choose what of it runs.
package wire
