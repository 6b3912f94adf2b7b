#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "haproxy/runtime_command.h"
#include "haproxy/runtime_reply.h"
#include "haproxy/runtime_sequence.h"

namespace haproxy::test {

/// The certificates of one HAProxy 2.6 process, answering commands with 2.6's own texts. It has the
/// traps of 2.6: one transaction for all, and a `set` that lands in whatever transaction is open.
class FakeHaproxy {
 public:
  static constexpr const char* list = "/d/L";

  std::map<std::string, std::string> certificates;  ///< name to committed PEM, empty after `new`
  struct Transaction {
    std::string name;
    std::string pem;
    friend bool operator==(const Transaction&, const Transaction&) = default;
  };
  std::optional<Transaction> transaction;
  std::vector<std::string> entries;  ///< of the list
  bool stopping = false;
  std::string version = "2.6.12";

  /// What the process has; a transaction apart.
  friend bool operator==(const FakeHaproxy&, const FakeHaproxy&) = default;

  CommandOutcome execute(const Command& command) {
    return parse_reply(command, std::visit(Execute{*this}, command));
  }

 private:
  struct Execute {
    FakeHaproxy& h;

    std::string operator()(const Prompt&) const { return ""; }
    std::string operator()(const SelectWorker&) const { return ""; }
    std::string operator()(const ShowVersion&) const { return "2.6.12"; }
    std::string operator()(const ShowInfo&) const {
      return "Version: " + h.version +
             "\nPid: 7\nUptime_sec: 1\nStopping: " + (h.stopping ? "1" : "0");
    }
    std::string operator()(const NewCertificate& c) const {
      if (!h.certificates.emplace(c.name.text(), "").second)
        return "Certificate '" + c.name.text() + "' already exists!";
      return "New empty certificate store '" + c.name.text() + "'!";
    }
    std::string operator()(const SetCertificate& c) const {
      if (!h.certificates.contains(c.name.text()))
        return "+ Can't replace a certificate which is not referenced by the configuration!\nCan't "
               "update " +
               c.name.text() + "!";
      const std::string verb = h.transaction ? "updated" : "created";
      if (!h.transaction) h.transaction = {c.name.text(), ""};
      h.transaction->pem = c.pem.text();
      return "+ + Transaction " + verb + " for certificate " + h.transaction->name + "!";
    }
    std::string operator()(const CommitCertificate& c) const {
      if (!h.transaction) return "No ongoing transaction! !\nCan't commit " + c.name.text() + "!";
      if (h.transaction->name != c.name.text()) return other(c.name, "set");
      h.certificates[c.name.text()] = h.transaction->pem;
      h.transaction.reset();
      return "Committing " + c.name.text() + ".\nSuccess!";
    }
    std::string operator()(const AbortCertificate& c) const {
      if (!h.transaction) return "No ongoing transaction!";
      if (h.transaction->name != c.name.text()) return other(c.name, "abort a transaction for");
      h.transaction.reset();
      return "Transaction aborted for certificate '" + c.name.text() + "'!";
    }
    std::string operator()(const DeleteCertificate& c) const {
      const std::string prefix = "Can't remove the certificate: ";
      if (!h.certificates.contains(c.name.text()))
        return prefix + "certificate '" + c.name.text() + "' doesn't exist!";
      if (h.transaction && h.transaction->name == c.name.text())
        return prefix + "ongoing transaction for the certificate '" + c.name.text() + "'";
      if (h.lines_of(c.name.text()) > 0)
        return prefix + "certificate '" + c.name.text() + "' in use, can't be deleted!";
      h.certificates.erase(c.name.text());
      return "Certificate '" + c.name.text() + "' deleted!";
    }
    std::string operator()(const AddToCrtList& c) const {
      const std::string& name = c.line.name().text();
      const std::string prefix = "Can't edit the crt-list: ";
      if (c.list.text() != list) return prefix + "crt-list '" + c.list.text() + "' does not exist!";
      if (!h.certificates.contains(name))
        return prefix + "certificate '" + name + "' does not exist!";
      if (h.certificates[name].empty()) return prefix + "certificate '" + name + "' is empty!";
      h.entries.push_back(name);
      return "Inserting certificate '" + name + "' in crt-list '" + list + "'.\nSuccess!";
    }
    std::string operator()(const DeleteFromCrtList& c) const {
      const std::string& name = c.name.text();
      const std::string prefix = "Can't delete the entry: ";
      if (c.list.text() != list) return prefix + "crt-list '" + c.list.text() + "' does not exist!";
      if (!h.certificates.contains(name))
        return prefix + "certificate '" + name + "' does not exist!";
      const std::size_t count = h.lines_of(name);
      if (count == 0)
        return prefix + "certificate '" + name + "' can't be found in crt-list '" + list + "'!";
      if (count > 1 && !c.line)
        return prefix + "found the certificate '" + name +
               "' in several entries, please specify a line number preceded by colons " +
               h.numbers_of(name) + "!";
      const std::size_t index = c.line ? *c.line - 1 : h.index_of(name);
      if (index >= h.entries.size() || h.entries[index] != name)
        return prefix + "found a certificate '" + name +
               "' but the line number is incorrect, please specify a correct line number preceded "
               "by colons " +
               h.numbers_of(name) + "!";
      h.entries[index].clear();  // the numbers of the others stay
      return "Entry '" + name + "' deleted in crtlist '" + std::string(list) + "'!";
    }
    std::string operator()(const ShowCertificates&) const {
      std::string text = h.transaction ? "# transaction\n*" + h.transaction->name + "\n" : "";
      if (!h.certificates.empty()) text += "# filename\n";
      for (const auto& [name, pem] : h.certificates) text += name + "\n";
      return text.substr(0, text.empty() ? 0 : text.size() - 1);
    }
    std::string operator()(const ShowCertificate& c) const {
      const auto at = h.certificates.find(c.name.text());
      if (at == h.certificates.end())
        return "Can't display the certificate: Not found or the certificate is a bundle!";
      const char* const loaded = h.lines_of(c.name.text()) > 0 ? "Used" : "Unused";
      return "Filename: " + c.name.text() + "\nStatus: " + (at->second.empty() ? "Empty" : loaded);
    }
    std::string operator()(const ShowCrtLists&) const { return list; }
    std::string operator()(const ShowCrtList& c) const {
      std::string text = "# " + c.list.text();
      for (std::size_t i = 0; i < h.entries.size(); ++i) {
        if (!h.entries[i].empty()) text += "\n" + h.entries[i] + ":" + std::to_string(i + 1);
      }
      return text;
    }

    std::string other(const CertificateName& name, const std::string& verb) const {
      return "The ongoing transaction is about '" + h.transaction->name +
             "' but you are trying to " + verb + " '" + name.text() + "'";
    }
  };

  std::size_t lines_of(const std::string& name) const {
    return static_cast<std::size_t>(std::count(entries.begin(), entries.end(), name));
  }
  std::size_t index_of(const std::string& name) const {
    return static_cast<std::size_t>(std::find(entries.begin(), entries.end(), name) -
                                    entries.begin());
  }
  std::string numbers_of(const std::string& name) const {
    std::string numbers;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i] == name) numbers += (numbers.empty() ? "(" : ", ") + std::to_string(i + 1);
    }
    return numbers + ")";
  }
};

}  // namespace haproxy::test
