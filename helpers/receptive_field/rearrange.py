"""What PyTorch's operations read that only move numbers: views, slices, joints, shuffles."""

from dataclasses import replace
from math import prod

from .rules import _first, rule, tensors_in
from .seen import NotFollowed, chained, plain


def _dims(a, see):
    seen = see(_first(a))
    return seen, len(seen.dims)


@rule("view", "unsafe_view", "reshape", "reshape_alias", "flatten", "unflatten", "view_copy")
def view(a, see, shapes):
    return see(_first(a)).viewed(shapes[0]), []


@rule("permute", "transpose", "t", "numpy_T", "swapaxes")
def permute(a, see, shapes):
    seen, n = _dims(a, see)
    order = list(range(n))
    if "dims" in a:
        order = [d % n for d in a["dims"]]
    elif "dim0" in a:
        i, j = a["dim0"] % n, a["dim1"] % n
        order[i], order[j] = order[j], order[i]
    else:
        order.reverse()
    return replace(seen, dims=tuple(seen.dims[d] for d in order)), []


@rule("squeeze")
def squeeze(a, see, shapes):
    seen, n = _dims(a, see)
    sizes = _first(a).shape
    dims = a.get("dim")
    dims = range(n) if dims is None else dims
    dims = [d % n for d in ([dims] if isinstance(dims, int) else dims) if sizes[d] == 1]
    return seen.collapsed(dims).without(dims), []


@rule("unsqueeze")
def unsqueeze(a, see, shapes):
    seen, n = _dims(a, see)
    d = a["dim"] % (n + 1)
    return replace(seen, dims=(*seen.dims[:d], (), *seen.dims[d:])), []


@rule("expand", "repeat", "tile", "broadcast_to")
def expand(a, see, shapes):
    seen, n = _dims(a, see)
    sizes, shape = _first(a).shape, shapes[0]
    new = len(shape) - n
    seen = replace(seen, dims=(*map(plain, shape[:new]), *seen.dims))
    for d, (before, after) in enumerate(zip(sizes, shape[new:]), new):
        if before != after:
            if before > 1 and seen.labels(d):
                raise NotFollowed("it repeats a map like tiles")
            seen = seen.collapsed([d]).with_dim(d, plain(after))
    return seen, []


@rule("slice", "narrow", "slice_copy")
def slice_(a, see, shapes):
    seen, n = _dims(a, see)
    d, step = a["dim"] % n, a.get("step") or 1
    size = prod(k for _, k in seen.dims[d])
    start = a["start"] or 0
    start = min(max(start + size * (start < 0), 0), size)
    end = a.get("end")
    if a.get("length") is not None:
        end = start + a["length"]
    end = size if end is None else min(end + size * (end < 0), size)
    rest = max(end - start - 1 - (shapes[0][d] - 1) * step, 0)
    return seen.sliced(d, start, shapes[0][d], step, rest), []


@rule("select")
def select(a, see, shapes):
    seen, n = _dims(a, see)
    return seen.selected(a["dim"] % n, a["index"]), []


@rule("unbind")
def unbind(a, see, shapes):
    seen, n = _dims(a, see)
    return [seen.selected(a["dim"] % n, i) for i in range(len(shapes))], []


@rule("split", "split_with_sizes", "unsafe_split", "chunk", "unsafe_chunk", "tensor_split")
def split(a, see, shapes):
    seen, n = _dims(a, see)
    d, start, parts = a["dim"] % n, 0, []
    for shape in shapes:
        parts.append(seen.sliced(d, start, shape[d]))
        start += shape[d]
    return parts, []


@rule("cat", "concat", "concatenate")
def cat(a, see, shapes):
    tensors = [tensor for tensor in a["tensors"] if tensor.dim() == len(shapes[0])]
    d = a["dim"] % len(shapes[0])
    seen = [see(tensor) for tensor in tensors]
    return chained(seen, d, [tensor.shape[d] for tensor in tensors])


@rule("stack")
def stack(a, see, shapes):
    d = a["dim"] % len(shapes[0])
    seen = [see(tensor) for tensor in a["tensors"]]
    known = [s for s in seen if s]
    lost = [k for k in range(len(known[0].axes)) if not any(k in s.all_labels() for s in known)]
    if not all(s.axes[k].alike(known[0].axes[k]) for s in known for k in lost):
        raise NotFollowed("it puts single places one after the other")
    new = [s and replace(s, dims=(*s.dims[:d], (), *s.dims[d:])) for s in seen]
    return chained(new, d, [1] * len(new))


@rule("roll", "flip")
def turned(a, see, shapes):
    seen, n = _dims(a, see)
    dims = a["dims"] or range(n)
    dims = [d % n for d in ([dims] if isinstance(dims, int) else dims)]
    if any(map(seen.labels, dims)):
        raise NotFollowed(f"a map that {a['name']} has turned over its border follows no law")
    return seen.mixed(dims), []


@rule("index", "index_select")
def index(a, see, shapes):
    seen, n = _dims(a, see)
    if a["name"] == "index_select":
        indices = [None] * (a["dim"] % n) + [a["index"]]
    else:
        indices = list(a["indices"])
    chosen = [d for d, places in enumerate(indices) if places is not None]
    if any(map(see, tensors_in(indices))):
        raise NotFollowed("the input itself decides which places it picks")
    if len(chosen) != 1 or seen.labels(chosen[0]) or indices[chosen[0]].dim() != 1:
        raise NotFollowed("it picks places by a list of indices")
    return seen.with_dim(chosen[0], plain(shapes[0][chosen[0]])), []


@rule("pixel_shuffle")
def pixel_shuffle(a, see, shapes):
    seen, n = _dims(a, see)
    r, (*batch, c, h, w) = a["upscale_factor"], shapes[0]
    seen = seen.viewed([*batch, c, r, r, h // r, w // r])
    k = len(batch)
    order = [*range(k + 1), k + 3, k + 1, k + 4, k + 2]
    return replace(seen, dims=tuple(seen.dims[d] for d in order)).viewed(shapes[0]), []


@rule("pixel_unshuffle")
def pixel_unshuffle(a, see, shapes):
    seen, n = _dims(a, see)
    r, (*batch, c, h, w) = a["downscale_factor"], shapes[0]
    seen = seen.viewed([*batch, c // (r * r), h, r, w, r])
    k = len(batch)
    order = [*range(k + 1), k + 2, k + 4, k + 1, k + 3]
    return replace(seen, dims=tuple(seen.dims[d] for d in order)).viewed(shapes[0]), []


@rule("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(a, see, shapes):
    return see(_first(a)).mixed([1]), []


@rule("diagonal", "as_strided")
def strange(a, see, shapes):
    x = _first(a)
    if a["name"].startswith("as_strided") and tuple(x.shape) == shapes[0]:
        steps = [(old, new) for n, old, new in zip(x.shape, x.stride(), a["stride"]) if n > 1]
        same = all(old == new for old, new in steps)
        if same and a["storage_offset"] in (None, x.storage_offset()):
            return see(x), []  # as PyTorch does to put the batch's strides right
    raise NotFollowed("it reads the memory of a map in an order of its own")
