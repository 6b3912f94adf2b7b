#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "haproxy/crt_list_line.h"
#include "haproxy/errc.h"

namespace haproxy {

/// A crt-list document. Lines that we do not change (comments, empty lines, other people's entries)
/// keep their bytes and their order, so the default certificate stays the first entry. Every change
/// takes constant time, so that 100,000 entries are no matter. A value.
class CrtList {
 public:
  CrtList() = default;
  /// Refuses what HAProxy would refuse at start, with the line: its one bad line stops everything.
  /// A missing LF at the end, which HAProxy also refuses, is repaired by encode(). At most 256 MiB.
  static base::Result<CrtList, DocumentError> parse(std::string_view text);

  bool contains(const CertificateName& name) const;
  /// Appends an entry; false if there is one of that name already, with whatever parameters.
  bool add(const CrtListLine& line);
  bool add(const CertificateName& name) { return add(CrtListLine(name)); }
  /// Gives the first entry of that name these parameters, where it stands; appends it if there is
  /// none. False if the line reads so already.
  bool put(const CrtListLine& line);
  /// Removes every entry of that name and says how many there were.
  std::size_t remove(const CertificateName& name);

  std::size_t size() const { return lines_of_.size(); }  ///< entries, without comments
  /// The file names of the entries in their order; the first is the default certificate.
  std::vector<std::string> paths() const;
  std::string encode() const;  ///< ends in LF unless empty

 private:
  struct Line {
    std::string text;  ///< without LF
    bool removed = false;
  };
  void compact();

  std::vector<Line> lines_;
  std::size_t removed_ = 0;                                     ///< lines marked so
  std::unordered_multimap<std::string, std::size_t> lines_of_;  ///< path to index in lines_
};

}  // namespace haproxy
