import { t } from "millrace";

/** Someone who sells or bids. `seq` numbers all three kinds of records as they were generated. */
export const Person = t.row({
  seq: t.int64(),
  id: t.int64(),
  name: t.utf8(),
  emailAddress: t.utf8(),
  creditCard: t.utf8(),
  city: t.utf8(),
  state: t.utf8(),
  dateTime: t.timestamp(),
  extra: t.utf8(),
});

/** An item for sale until `expires`. Prices are in cents. */
export const Auction = t.row({
  seq: t.int64(),
  id: t.int64(),
  itemName: t.utf8(),
  description: t.utf8(),
  initialBid: t.int64(),
  reserve: t.int64(),
  dateTime: t.timestamp(),
  expires: t.timestamp(),
  seller: t.int64(),
  category: t.int64(),
  extra: t.utf8(),
});

/** An offer for an auction, which may not have been generated yet. */
export const Bid = t.row({
  seq: t.int64(),
  auction: t.int64(),
  bidder: t.int64(),
  price: t.int64(),
  channel: t.utf8(),
  url: t.utf8(),
  dateTime: t.timestamp(),
  extra: t.utf8(),
});

/** The bounded table that q13 looks values up in. */
export const SideInput = t.row({ key: t.int64(), value: t.utf8() });
