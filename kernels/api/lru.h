// The values of the keys used last.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

namespace tailor {

template <class Key, class Value>
class Lru {
 public:
  explicit Lru(size_t capacity) : capacity_(capacity) {}

  /// nullptr when there is none. The value stays in its place until it is dropped.
  const Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  /// For a key that is not there. Drops the value whose key was not used for the longest time when
  /// there are `capacity` of them.
  const Value& insert(const Key& key, Value value) {
    if (entries_.size() == capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, std::move(value));
    index_.emplace(key, entries_.begin());
    return entries_.front().second;
  }

 private:
  using Entries = std::list<std::pair<Key, Value>>;

  size_t capacity_;
  Entries entries_;  // the latest used first
  std::map<Key, typename Entries::iterator> index_;
};

}  // namespace tailor
