using System.Runtime.CompilerServices;

// Every native call of this assembly takes blittable types alone, so that what is written in Interop/ is what the kernel gets.
[assembly: DisableRuntimeMarshalling]
