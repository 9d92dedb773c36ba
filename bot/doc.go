// Package bot holds no code: README.md says how the pipeline is laid out. What goes
// through it is in flow, what is decided in plan, and the work in run.
package bot
