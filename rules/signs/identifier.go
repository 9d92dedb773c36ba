package signs

import "strings"

// identifier tells what an identifier is a sign of; call says that a bracket
// follows it.
func identifier(id string, call bool) (Sign, bool) {
	if c := id[0]; c >= 'A' && c <= 'Z' || c == '_' && len(id) > 1 && id[1] >= 'A' && id[1] <= 'Z' {
		return macro(id, call)
	}
	if !call {
		return 0, false
	}
	if s, ok := functions[id]; ok {
		return s, true
	}
	// Kernel function names end in what they do.
	tail := id[strings.LastIndexByte(id, '_')+1:]
	if s, ok := tails[tail]; ok {
		if tail != id || s == SignFree || s == SignLock {
			return s, true
		}
	}
	switch {
	case strings.HasPrefix(id, "spin_"), strings.HasPrefix(id, "mutex_"), strings.HasPrefix(id, "rcu_"), strings.HasPrefix(id, "atomic"), strings.HasPrefix(id, "smp_"):
		return SignLock, true
	case strings.HasPrefix(id, "kref_"), strings.HasPrefix(id, "refcount_"), strings.HasPrefix(id, "pm_runtime_"):
		return SignRef, true
	case strings.HasPrefix(id, "trace_"), strings.HasPrefix(id, "seq_"):
		return SignDebug, true
	case strings.HasPrefix(id, "debugfs_create"):
		return SignDebugfs, true
	case strings.HasPrefix(id, "sysfs_create"), strings.HasPrefix(id, "device_create_file"), strings.HasPrefix(id, "proc_create"):
		return SignSysfs, true
	case strings.HasPrefix(id, "request_firmware"), strings.HasPrefix(id, "firmware_request"):
		return SignFWLoad, true
	case strings.HasPrefix(id, "module_param"):
		return SignParam, true
	case strings.HasPrefix(id, "module_"):
		return SignDriver, true
	}
	return 0, false
}

func macro(id string, call bool) (Sign, bool) {
	switch id {
	case "NULL", "IS_ERR", "IS_ERR_OR_NULL", "WARN_ON_ONCE_NULL":
		return SignNullCheck, true
	case "ARRAY_SIZE":
		return SignBounds, true
	case "READ_ONCE", "WRITE_ONCE":
		return SignLock, true
	case "MODULE_FIRMWARE":
		return SignFirmware, true
	case "MODULE_LICENSE":
		return SignDriver, true
	case "DMI_MATCH", "DMI_EXACT_MATCH":
		return SignQuirk, true
	case "_IO", "_IOR", "_IOW", "_IOWR", "DRM_IOR", "DRM_IOW", "DRM_IOWR":
		return SignIoctl, true
	}
	switch {
	case strings.HasPrefix(id, "EXPORT_SYMBOL"):
		return SignExport, true
	case strings.HasPrefix(id, "DRM_IOCTL_DEF"):
		return SignIoctl, call
	case strings.HasPrefix(id, "DEVICE_ATTR"), strings.HasPrefix(id, "DRIVER_ATTR"):
		return SignSysfs, true
	case strings.HasPrefix(id, "DECLARE_PCI_FIXUP"):
		return SignQuirk, call
	case id == "PCI_ANY_ID", call && rowOfIDs(id):
		return SignID, true
	case strings.Contains(id, "QUIRK"):
		return SignQuirk, true
	case strings.HasPrefix(id, "INIT_"):
		return SignInit, call
	case strings.HasPrefix(id, "DRM_DEBUG"), strings.HasPrefix(id, "DRM_INFO"), strings.HasPrefix(id, "DRM_ERROR"), strings.HasPrefix(id, "DRM_WARN"), strings.HasPrefix(id, "WARN"):
		return SignDebug, true
	case strings.HasPrefix(id, "WREG"), strings.HasPrefix(id, "REG_SET"), strings.HasPrefix(id, "REG_UPDATE"), strings.HasPrefix(id, "REG_WRITE"):
		return SignRegister, true
	}
	return 0, false
}

// functions are whole names, tails the last word of a name.
var functions = map[string]Sign{
	"min": SignBounds, "min_t": SignBounds, "max": SignBounds, "max_t": SignBounds, "clamp": SignBounds, "clamp_t": SignBounds, "clamp_val": SignBounds,
	"array_index_nospec": SignBounds, "strscpy": SignBounds, "snprintf": SignBounds, "scnprintf": SignBounds,
	"down_read": SignLock, "up_read": SignLock, "down_write": SignLock, "up_write": SignLock, "guard": SignLock, "scoped_guard": SignLock,
	"mb": SignLock, "wmb": SignLock, "rmb": SignLock, "lockdep_assert_held": SignLock, "local_irq_save": SignLock, "local_irq_restore": SignLock,
	"kfree": SignFree, "kvfree": SignFree, "vfree": SignFree, "kfree_sensitive": SignFree,
	"cancel_work_sync": SignFree, "cancel_delayed_work_sync": SignFree, "flush_work": SignFree, "flush_workqueue": SignFree, "del_timer_sync": SignFree, "timer_delete_sync": SignFree, "synchronize_irq": SignFree,
	"kmalloc": SignAlloc, "kzalloc": SignAlloc, "kcalloc": SignAlloc, "kvmalloc": SignAlloc, "kvzalloc": SignAlloc, "devm_kzalloc": SignAlloc, "devm_kcalloc": SignAlloc,
	"memset": SignInit,
	"msleep": SignDelay, "mdelay": SignDelay, "udelay": SignDelay, "ndelay": SignDelay, "usleep_range": SignDelay, "fsleep": SignDelay,
	"writel": SignRegister, "writew": SignRegister, "writeb": SignRegister, "writeq": SignRegister, "iowrite32": SignRegister,
	"printk": SignDebug, "dev_dbg": SignDebug, "dev_info": SignDebug, "dev_warn": SignDebug, "dev_err": SignDebug,
}

var tails = map[string]Sign{
	"lock": SignLock, "unlock": SignLock, "irqsave": SignLock, "irqrestore": SignLock, "trylock": SignLock, "interruptible": SignLock,
	"get": SignRef, "put": SignRef, "ref": SignRef, "unref": SignRef, "hold": SignRef, "unless_zero": SignRef,
	"free": SignFree, "destroy": SignFree, "release": SignFree, "unregister": SignFree, "unmap": SignFree, "fini": SignFree, "cleanup": SignFree, "unpin": SignFree,
	"alloc": SignAlloc, "kzalloc": SignAlloc,
	"rmw": SignRegister, "wr32": SignRegister, "writel": SignRegister, "write32": SignRegister,
	"dbg": SignDebug, "debug": SignDebug, "info": SignDebug, "warn": SignDebug, "err": SignDebug, "printf": SignDebug,
}

// rowOfIDs reports whether a macro with arguments makes a row of an ID table. Without any it
// is a constant, which an expression compares: USB_DEVICE_ID_MATCH_VENDOR, PCI_DEVICE_ID_X.
func rowOfIDs(id string) bool {
	for _, begin := range [...]string{"PCI_DEVICE", "PCI_VDEVICE", "USB_DEVICE", "SDIO_DEVICE", "HID_USB_DEVICE", "USB_VENDOR_AND"} {
		if strings.HasPrefix(id, begin) {
			return true
		}
	}
	for _, end := range [...]string{"_IDS", "_VGA_DEVICE", "_DEVICE_INFO", "_DEV_INFO"} {
		if strings.HasSuffix(id, end) {
			return true
		}
	}
	return false
}
