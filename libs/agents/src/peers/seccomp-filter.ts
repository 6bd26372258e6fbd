/**
 * System calls that a server has no use for and that kernels were broken through, refused with EPERM: namespaces,
 * mounts, modules, tracing, keys, BPF, io_uring, and sockets of other families than Unix, IP and routing (those of
 * virtual machines are in no namespace). What bubblewrap takes is a classic BPF program.
 */
const X64 = 0xc000_003e;
const ARM64 = 0xc000_00b7;

// Numbers of [x86-64, AArch64]; -1 where a machine has no such call.
const REFUSED: Readonly<Record<string, readonly [number, number]>> = {
  acct: [163, 89],
  add_key: [248, 217],
  bpf: [321, 280],
  clock_settime: [227, 112],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  finit_module: [313, 273],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  init_module: [175, 105],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
  ioperm: [173, -1],
  iopl: [172, -1],
  kcmp: [312, 272],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  lookup_dcookie: [212, 18],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  move_pages: [279, 239],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  perf_event_open: [298, 241],
  personality: [135, 92],
  pidfd_getfd: [438, 438],
  pivot_root: [155, 41],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  quotactl: [179, 60],
  reboot: [169, 142],
  request_key: [249, 218],
  setns: [308, 268],
  settimeofday: [164, 170],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  uselib: [134, -1],
  userfaultfd: [323, 282],
  vhangup: [153, 58],
};
const CLONE: readonly [number, number] = [56, 220];
const CLONE3: readonly [number, number] = [435, 435];
const SOCKET: readonly [number, number] = [41, 198];
// Unix, IPv4, IPv6, netlink (the list of network interfaces).
const FAMILIES = [1, 2, 10, 16];
// NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
const NEW_NAMESPACES = 0x7e02_0000;
// On x86-64 the numbers of another calling convention begin here.
const X32 = 0x4000_0000;

const [LOAD, JUMP_EQUAL, JUMP_ATLEAST, JUMP_ANY, RETURN] = [0x20, 0x15, 0x35, 0x45, 0x06];
const [NUMBER, ARCHITECTURE, FIRST_ARGUMENT] = [0, 4, 16];
const ALLOW = 0x7fff_0000;
const KILL = 0x8000_0000;
const refuse = (errno: number): number => 0x0005_0000 | errno;
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

/** The program for this kind of machine; undefined where there is none. */
export function seccompFilter(machine: string = process.arch): Buffer | undefined {
  if (machine === 'x64') return assemble(X64, 0);
  return machine === 'arm64' ? assemble(ARM64, 1) : undefined;
}

function assemble(architecture: number, column: 0 | 1): Buffer {
  const when = (number: number, ...then: Instruction[]): Instruction[] =>
    number < 0 ? [] : [[JUMP_EQUAL, 0, then.length, number], ...then];
  const stop = (errno: number): Instruction => [RETURN, 0, 0, refuse(errno)];
  const program: Instruction[] = [
    [LOAD, 0, 0, ARCHITECTURE],
    [JUMP_EQUAL, 1, 0, architecture],
    [RETURN, 0, 0, KILL],
    [LOAD, 0, 0, NUMBER],
    ...(column === 0 ? ([[JUMP_ATLEAST, 0, 1, X32], stop(ENOSYS)] as Instruction[]) : []),
    ...Object.values(REFUSED).flatMap((numbers) => when(numbers[column], stop(EPERM))),
    // Its flags lie where no filter can look; libraries then take `clone`.
    ...when(CLONE3[column], stop(ENOSYS)),
    ...when(CLONE[column], [LOAD, 0, 0, FIRST_ARGUMENT], [JUMP_ANY, 0, 1, NEW_NAMESPACES], stop(EPERM), [
      RETURN,
      0,
      0,
      ALLOW,
    ]),
    ...when(
      SOCKET[column],
      [LOAD, 0, 0, FIRST_ARGUMENT],
      ...FAMILIES.map((family, at): Instruction => [JUMP_EQUAL, FAMILIES.length - at, 0, family]),
      stop(EAFNOSUPPORT),
      [RETURN, 0, 0, ALLOW],
    ),
    [RETURN, 0, 0, ALLOW],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, whenTrue, whenFalse, value], at) => {
    bytes.writeUInt16LE(code, at * 8);
    bytes.writeUInt8(whenTrue, at * 8 + 2);
    bytes.writeUInt8(whenFalse, at * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, at * 8 + 4);
  });
  return bytes;
}
