#include "agent/lookup/hash_index.h"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

namespace agent {
namespace {

constexpr std::size_t page_size = std::size_t{16} * 1024;
constexpr std::size_t line_size = 64;
constexpr std::size_t lines_per_page = page_size / line_size - 1;  // one is the header
constexpr std::size_t slots_per_line = 4;

// Three quarters full, a find() of something that is there reads 1.3 lines; mostly pages are
// emptier.
constexpr std::uint32_t max_used = lines_per_page * slots_per_line * 3 / 4;
// With fewer live entries than this a full page is worth cleaning instead of splitting.
constexpr std::uint32_t max_live_to_clean = max_used / 16 * 15;
// Four million pages are 64 GB. Deeper than that is not growth, but a hash that does not spread.
constexpr unsigned max_depth = 22;

std::size_t first_line(std::uint64_t high) {
  // The low half, because the directory has used the top bits.
  return (high & 0xffffffff) * lines_per_page >> 32;
}

constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto relaxed = std::memory_order_relaxed;

template <class T>
void add(std::atomic<T>& number, T n) {  // by the one writer; cheaper than an atomic addition
  number.store(number.load(relaxed) + n, relaxed);
}

}  // namespace

struct HashIndex::Line {
  alignas(line_size) std::array<Slot, slots_per_line> slots;
};

// The header is the writer's alone. Slots are written with release and read with acquire, all of
// them: a reader that has seen anything of a page's new use must see the directory's change, too.
struct alignas(page_size) HashIndex::Page {
  std::uint32_t used = 0;   // slots that are not empty
  std::uint32_t live = 0;   // slots that are live or marked
  std::uint32_t depth = 0;  // how many top bits the hashes of its entries share
  std::uint32_t use = 0;    // how often it was taken, modulo page_size
  std::array<Line, lines_per_page> lines;
};

const HashIndex::Page& HashIndex::page_of(PageRef ref) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the bits below the alignment are in use
  return *reinterpret_cast<const Page*>(ref & ~PageRef{page_size - 1});
}

std::uint64_t HashIndex::find_rest(const Page& page, const Entry& wanted) {
  std::size_t line = first_line(wanted.high);
  // Ends at an empty slot long before; the bound is for a page that changes under a reader.
  for (std::size_t i = 0; i < lines_per_page; ++i) {
    for (const Slot& slot : page.lines[line].slots) {
      const std::uint64_t rest = slot.rest.load(acquire);
      if (rest == 0) return 0;
      if (rest >> 32 == wanted.low && slot.high.load(acquire) == wanted.high) return rest;
    }
    if (++line == lines_per_page) line = 0;
  }
  return 0;
}

std::optional<HashIndex::Value> HashIndex::find(Hash128 hash) const {
  const Entry wanted = entry(hash, 0);
  for (;;) {
    const Directory* const directory = newest_.load(acquire);
    const std::atomic<PageRef>& place = directory->pages[directory->place(hash.high)];
    const PageRef ref = place.load(acquire);
    const std::uint64_t rest = find_rest(page_of(ref), wanted);
    if (place.load(acquire) != ref || newest_.load(acquire) != directory) continue;
    if ((rest & 3) < live) return std::nullopt;
    return static_cast<Value>(rest) >> 2;
  }
}

void HashIndex::prefetch(Hash128 hash) const {
  const Directory* const directory = newest_.load(acquire);
  const PageRef ref = directory->pages[directory->place(hash.high)].load(acquire);
  __builtin_prefetch(&page_of(ref).lines[first_line(hash.high)]);
}

template <class AnyPage, class F>
void HashIndex::for_each_slot(AnyPage& page, F f) {
  for (auto& line : page.lines) {
    for (auto& slot : line.slots) {
      const std::uint64_t rest = slot.rest.load(acquire);
      if ((rest & 3) >= live) f(slot, rest);
    }
  }
}

std::optional<std::uint64_t> HashIndex::copy_range(std::uint64_t begin,
                                                   std::vector<Entry>& out) const {
  const std::size_t size_before = out.size();
  for (;;) {
    const Directory* const directory = newest_.load(acquire);
    const std::size_t index = directory->place(begin);
    const PageRef ref = directory->pages[index].load(acquire);
    for_each_slot(page_of(ref), [&](const Slot& slot, std::uint64_t rest) {
      const std::uint64_t high = slot.high.load(acquire);
      if (directory->place(high) != index) return;  // the page spans several places
      const auto low = static_cast<std::uint32_t>(rest >> 32);
      out.push_back({high, low, static_cast<Value>(rest) >> 2});
    });
    if (directory->pages[index].load(acquire) == ref && newest_.load(acquire) == directory) {
      if (index + 1 == directory->pages.size()) return std::nullopt;
      return std::uint64_t{index + 1} << (64 - directory->depth);
    }
    out.resize(size_before);
  }
}

HashIndex::HashIndex() {
  directories_.push_back(std::make_unique<Directory>(0));
  memory_bytes_.store(sizeof *this + sizeof(Directory) + sizeof(PageRef), relaxed);
  Page& page = take_page(0);
  directory().pages[0].store(reinterpret_cast<PageRef>(&page) | page.use, release);
  newest_.store(directories_.back().get(), release);
}

HashIndex::~HashIndex() = default;

HashIndex::Page& HashIndex::page_for(std::uint64_t high) {
  const PageRef ref = directory().pages[directory().place(high)].load(relaxed);
  return const_cast<Page&>(page_of(ref));
}

HashIndex::Slot& HashIndex::slot_for(Page& page, const Entry& entry) {
  std::size_t line = first_line(entry.high);
  for (;;) {
    for (Slot& slot : page.lines[line].slots) {
      const std::uint64_t rest = slot.rest.load(relaxed);
      if (rest == 0) return slot;
      if (rest >> 32 == entry.low && slot.high.load(relaxed) == entry.high) return slot;
    }
    if (++line == lines_per_page) line = 0;
  }
}

void HashIndex::insert(Page& page, Slot& slot, std::uint64_t high, std::uint64_t rest) {
  slot.high.store(high, release);
  slot.rest.store(rest, release);
  ++page.used;
  ++page.live;
}

void HashIndex::put(const Entry& entry) {
  const std::uint64_t rest =
      std::uint64_t{entry.low} << 32 | std::uint64_t{entry.value} << 2 | live;
  for (;;) {
    Page& page = page_for(entry.high);
    Slot& slot = slot_for(page, entry);
    const std::uint64_t before = slot.rest.load(relaxed);
    if (before == 0 && page.used == max_used) {
      make_room(page, entry.high);
      continue;
    }
    if ((before & 3) < live) add(size_, std::size_t{1});
    if (before == 0) return insert(page, slot, entry.high, rest);
    if ((before & 3) == removed) ++page.live;
    return slot.rest.store(rest, release);
  }
}

bool HashIndex::remove(Hash128 hash) {
  Page& page = page_for(hash.high);
  Slot& slot = slot_for(page, entry(hash, 0));
  const std::uint64_t rest = slot.rest.load(relaxed);
  if ((rest & 3) < live) return false;
  slot.rest.store(rest >> 32 << 32 | removed, release);
  --page.live;
  add(size_, ~std::size_t{0});
  return true;
}

template <class F>
void HashIndex::for_each_page(F f) {
  for (std::size_t i = 0; i < directory().pages.size();) {
    Page& page = const_cast<Page&>(page_of(directory().pages[i].load(relaxed)));
    f(page);
    i += std::size_t{1} << (directory().depth - page.depth);
  }
}

void HashIndex::mark_all() {
  for_each_page([](Page& page) {
    for_each_slot(page,
                  [](Slot& slot, std::uint64_t rest) { slot.rest.store(rest | marked, release); });
  });
}

std::size_t HashIndex::remove_marked() {
  std::size_t count = 0;
  for_each_page([&count](Page& page) {
    for_each_slot(page, [&](Slot& slot, std::uint64_t rest) {
      if ((rest & 3) != marked) return;
      slot.rest.store(rest >> 32 << 32 | removed, release);
      --page.live;
      ++count;
    });
  });
  add(size_, ~count + 1);
  return count;
}

HashIndex::Page& HashIndex::take_page(unsigned depth) {
  if (free_pages_.empty()) {
    // One at a time at first, a sixteenth of what there is later, and in the end huge pages.
    constexpr std::size_t huge = PageBlock::huge_page_size / page_size;
    const bool is_large = page_count_ >= 4 * huge;
    const std::size_t count = is_large ? huge : std::clamp<std::size_t>(page_count_ / 16, 1, huge);
    slabs_.emplace_back(count * page_size, page_size);
    for (std::size_t i = count; i > 0; --i) {
      free_pages_.push_back(new (slabs_.back().data() + (i - 1) * page_size) Page);
    }
    page_count_ += count;
    add(memory_bytes_, count * page_size);
  }
  Page& page = *free_pages_.back();
  free_pages_.pop_back();
  if (page.used > 0) {
    for (Line& line : page.lines) {
      for (Slot& slot : line.slots) {
        slot.high.store(0, release);
        slot.rest.store(0, release);
      }
    }
  }
  page.used = 0;
  page.live = 0;
  page.depth = depth;
  page.use = (page.use + 1) % page_size;
  return page;
}

void HashIndex::make_room(Page& full, std::uint64_t high) {
  if (full.live <= max_live_to_clean) {
    Page& clean = take_page(full.depth);
    return replace(full, high, clean, clean);
  }
  if (full.depth == max_depth) throw std::length_error("hash index: the hashes are not spread");
  if (full.depth == directory().depth) double_directory();
  Page& lower = take_page(full.depth + 1);
  Page& upper = take_page(full.depth + 1);
  replace(full, high, lower, upper);
}

void HashIndex::replace(Page& old, std::uint64_t high, Page& lower, Page& upper) {
  for_each_slot(old, [&](const Slot& slot, std::uint64_t rest) {
    const std::uint64_t each = slot.high.load(relaxed);
    Page& page = (each << old.depth) >> 63 == 0 ? lower : upper;
    insert(page, slot_for(page, {each, static_cast<std::uint32_t>(rest >> 32)}), each, rest);
  });
  const std::size_t span = std::size_t{1} << (directory().depth - old.depth);
  const std::size_t first = directory().place(high) / span * span;
  for (std::size_t i = 0; i < span; ++i) {
    Page& page = i < span / 2 ? lower : upper;
    directory().pages[first + i].store(reinterpret_cast<PageRef>(&page) | page.use, release);
  }
  free_pages_.push_back(&old);
}

void HashIndex::double_directory() {
  auto bigger = std::make_unique<Directory>(directory().depth + 1);
  for (std::size_t i = 0; i < bigger->pages.size(); ++i) {
    bigger->pages[i].store(directory().pages[i / 2].load(relaxed), relaxed);
  }
  add(memory_bytes_, sizeof(Directory) + bigger->pages.size() * sizeof(PageRef));
  directories_.push_back(std::move(bigger));
  newest_.store(directories_.back().get(), release);
}

}  // namespace agent
