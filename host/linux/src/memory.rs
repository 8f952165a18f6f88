//! The module's linear memory as seen from the host. It never grows, so its address stays. Touched only while the module does not run,
//! or from an import that it is calling. Every range is checked against the size.

#[derive(Clone, Copy)]
pub struct Memory {
    base: *mut u8,
    size: u64,
}

impl Memory {
    /// Before the module exists: every range is outside.
    pub const NONE: Memory = Memory { base: std::ptr::NonNull::dangling().as_ptr(), size: 0 };

    /// `base` must stay valid for `size` bytes as long as the value is used.
    pub fn new(base: *mut u8, size: usize) -> Memory {
        Memory { base, size: size as u64 }
    }

    /// Address of n bytes at `at`, or None where they do not lie inside.
    pub fn range(&self, at: u32, n: u32) -> Option<*mut u8> {
        // SAFETY: the offset is inside the allocation.
        (at as u64 + n as u64 <= self.size).then(|| unsafe { self.base.add(at as usize) })
    }

    pub fn bytes(&self, at: u32, n: u32) -> Option<&[u8]> {
        // SAFETY: inside the memory, and the module does not run meanwhile.
        self.range(at, n).map(|p| unsafe { std::slice::from_raw_parts(p, n as usize) })
    }

    #[allow(clippy::mut_from_ref)]
    pub fn bytes_mut(&self, at: u32, n: u32) -> Option<&mut [u8]> {
        // SAFETY: as `bytes`; callers hold one mutable range at a time.
        self.range(at, n).map(|p| unsafe { std::slice::from_raw_parts_mut(p, n as usize) })
    }

    /// The word at `at`, which the caller has checked to be inside.
    pub fn u32(&self, at: u32) -> u32 {
        let p = self.range(at, 4).expect("checked address");
        // SAFETY: `range` checked it.
        u32::from_le(unsafe { p.cast::<u32>().read_unaligned() })
    }

    pub fn u64(&self, at: u32) -> u64 {
        let p = self.range(at, 8).expect("checked address");
        // SAFETY: `range` checked it.
        u64::from_le(unsafe { p.cast::<u64>().read_unaligned() })
    }

    pub fn set(&self, at: u32, v: u32) {
        let p = self.range(at, 4).expect("checked address");
        // SAFETY: `range` checked it.
        unsafe { p.cast::<u32>().write_unaligned(v.to_le()) }
    }
}
