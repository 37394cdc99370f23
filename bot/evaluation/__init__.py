"""How good the answers are: a set of questions goes in, a folder of figures and a page to read come out.

Input: JSON Lines of questions with what is expected of each, the guide with its index, the service behind every
channel. Output: a run folder (`run_folder`), its report, the comparison of two runs, and the calibration of abstention.
Door: `bot.cli.eval`. Every reply comes through `ConversationService.reply()`, as a patient's does. The same guide,
index and questions give the same figures, times aside. Nothing here is imported to answer a patient.
"""
