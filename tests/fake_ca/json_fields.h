#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/fake_ca/identifier.h"

namespace fake_ca {

/// Reads an object's members into variables and remembers the first mistake: a member of the wrong
/// type, or one that nobody asked for.
class JsonFields {
 public:
  /// `where` names the object in mistakes: `limits.new_orders`. `json` outlives this.
  JsonFields(const Json& json, std::string where);

  void read(const char* name, bool& target);
  void read(const char* name, int& target);
  void read(const char* name, std::size_t& target);
  void read(const char* name, double& target);
  void read(const char* name, std::string& target);
  void read(const char* name, std::vector<std::string>& target);
  /// Seconds, perhaps a fraction.
  void read(const char* name, std::chrono::milliseconds& target);
  void read(const char* name, std::chrono::seconds& target);
  /// `parse` gets the member and its place, and returns a mistake or "".
  using Parse = std::function<std::string(const Json&, const std::string& where)>;
  void read(const char* name, const Parse& parse);

  /// `parse` for each member of an object, called with its name; returns a mistake or "".
  using ParseEntry =
      std::function<std::string(const std::string& name, const Json&, const std::string& where)>;
  void read_each(const char* name, const ParseEntry& parse);

  /// The first mistake; empty if there is none.
  std::string mistake() const;

 private:
  const Json* find(const char* name);
  void complain(const char* name, const char* wanted);
  std::string place(const std::string& name) const;

  const Json& json_;
  const std::string where_;
  std::set<std::string> known_;
  std::string mistake_;
};

}  // namespace fake_ca
