#!/bin/bash
# Before any service starts: an interface without a card, the default routes over it, and the resolver behind it.
# Whatever a program would send to the world, questions for names too, is sent there and counted in
# /sys/class/net/trap0/statistics/tx_packets, instead of failing unseen for want of a route.
set -eu
modprobe dummy numdummies=0
ip link set lo up
ip link add trap0 type dummy
# The kernel itself has nothing to tell the others: no address of its own making, no group it would report.
for key in accept_ra=0 autoconf=0 router_solicitations=0 accept_dad=0 addr_gen_mode=1; do
  echo "${key#*=}" >"/proc/sys/net/ipv6/conf/trap0/${key%=*}"
done
ip link set trap0 arp off multicast off up
# Addresses of documentation (RFC 5737, RFC 3849). They lie on lo and trap0 so that nobody asks who else has them.
ip address add 192.0.2.2/24 dev trap0
ip -6 address add 2001:db8::2/128 dev lo nodad
ip route add default via 192.0.2.1 dev trap0 src 192.0.2.2
ip -6 route add default dev trap0 src 2001:db8::2
