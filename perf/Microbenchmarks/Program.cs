using BenchmarkDotNet.Running;

// In this process. Otherwise BenchmarkDotNet would look for this project in all folders of the clone, which with Wine's in
// artifacts/ are all of the machine's, and build one of its own with this repository's analyzers.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(["--inProcess", .. args]);
